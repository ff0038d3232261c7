/*
 * A stand-in for NVIDIA's management library (libnvidia-ml.so.1) with one device, that of fake_cuda.c.
 * It refuses whoever has not started it, and devices and clocks that it does not have. What it is to
 * say stands in lines "name value" of a file fake_nvml.conf beside it, read anew at each call:
 *
 *   sm N         the clock of the multiprocessors, in MHz (1980)
 *   memory N     the clock of the memory, in MHz (2619)
 *   reasons N    why the clocks are not higher, as nvmlClocksThrottleReasons has it (0)
 *   fail NAME N  what a function returns
 *
 * It notes its calls in fake_nvml.log there. Built with -DTELLS_REASONS=0 it has no such function.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_FOUND = 6 };
enum { CLOCK_SM = 1, CLOCK_MEM = 2 };

static int started;
static int the_device;

static FILE* beside(const char* file, const char* mode) {
  Dl_info here;
  char path[4096];
  dladdr((void*)&beside, &here);
  const char* slash = strrchr(here.dli_fname, '/');
  snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - here.dli_fname + 1) : 0,
           here.dli_fname, file);
  return fopen(path, mode);
}

static unsigned long long setting(const char* name, unsigned long long otherwise) {
  char line[256];
  FILE* file = beside("fake_nvml.conf", "r");
  size_t length = strlen(name);
  while (file && fgets(line, sizeof line, file)) {
    if (strncmp(line, name, length) == 0 && line[length] == ' ') {
      otherwise = strtoull(line + length, NULL, 0);
    }
  }
  if (file) fclose(file);
  return otherwise;
}

/* Notes a call; what it is to return. */
static int called(const char* name) {
  char failing[128];
  FILE* log = beside("fake_nvml.log", "a");
  if (log) {
    fprintf(log, "%s\n", name);
    fclose(log);
  }
  snprintf(failing, sizeof failing, "fail %s", name);
  return (int)setting(failing, SUCCESS);
}

/* A call about a device. */
static int about(const char* name, const void* device) {
  int code = called(name);
  if (code) return code;
  if (!started) return UNINITIALIZED;
  return device == &the_device ? SUCCESS : INVALID_ARGUMENT;
}

int nvmlInit_v2(void) {
  int code = called(__func__);
  if (!code) started++;
  return code;
}

int nvmlShutdown(void) {
  int code = called(__func__);
  if (code) return code;
  if (!started) return UNINITIALIZED;
  started--;
  return SUCCESS;
}

int nvmlDeviceGetHandleByPciBusId_v2(const char* bus, void** device) {
  int code = called(__func__);
  if (code) return code;
  if (!started) return UNINITIALIZED;
  if (strcmp(bus, "00000001:01:01.0") != 0) return NOT_FOUND;
  *device = &the_device;
  return SUCCESS;
}

int nvmlDeviceGetClockInfo(void* device, int which, unsigned* mhz) {
  int code = about(__func__, device);
  if (code) return code;
  switch (which) {
    case CLOCK_SM: *mhz = (unsigned)setting("sm", 1980); return SUCCESS;
    case CLOCK_MEM: *mhz = (unsigned)setting("memory", 2619); return SUCCESS;
    default: return INVALID_ARGUMENT;
  }
}

#if TELLS_REASONS
int nvmlDeviceGetCurrentClocksThrottleReasons(void* device, unsigned long long* reasons) {
  int code = about(__func__, device);
  if (!code) *reasons = setting("reasons", 0);
  return code;
}
#endif
