/*
 * A stand-in for libcuda.so.1 on machines without a GPU. The memory of its device is the host's,
 * and of kernels it runs those whose entry begins with "fake_". It is told what to do by lines
 * "name value" in a file fake_cuda.conf beside it, read anew at each call, and notes its calls in
 * fake_cuda.log there.
 *
 *   devices N          how many there are (1)
 *   version N          of the driver (12080)
 *   capability N       of the devices (90)
 *   fail NAME CODE     what a function returns; a code of 700 to 719 stays for ever, as a fault does
 *   hang NAME          the function never returns
 *   parameters N       of kernels that come as a cubin, which it cannot read (2)
 *   answer FILE        what any other kernel writes to its last argument
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef int CUresult;
enum { OK = 0, INVALID_VALUE = 1, NO_DEVICE = 100, INVALID_DEVICE = 101, INVALID_PTX = 218 };

typedef struct {
  char* ptx;
} module;
typedef struct {
  char name[256];
  int parameters;
} function;
typedef struct {
  struct timespec at;
} event;

static CUresult fault;

static void beside(const char* file, char* path, size_t size) {
  Dl_info here;
  dladdr((void*)&beside, &here);
  const char* slash = strrchr(here.dli_fname, '/');
  snprintf(path, size, "%.*s%s", slash ? (int)(slash - here.dli_fname + 1) : 0, here.dli_fname,
           file);
}

/* The value of the first line that begins with the two names. */
static int setting(const char* name, const char* second, char* value, size_t size) {
  char path[4096], line[4096], key[256], sub[256];
  beside("fake_cuda.conf", path, sizeof path);
  FILE* file = fopen(path, "r");
  int found = 0;
  while (file && !found && fgets(line, sizeof line, file)) {
    int used = 0;
    if (second ? sscanf(line, "%255s %255s %n", key, sub, &used) < 2
               : sscanf(line, "%255s %n", key, &used) < 1) {
      continue;
    }
    if (strcmp(key, name) == 0 && (!second || strcmp(sub, second) == 0)) {
      snprintf(value, size, "%s", line + used);
      value[strcspn(value, "\n")] = 0;
      found = 1;
    }
  }
  if (file) fclose(file);
  return found;
}

static int number(const char* name, int otherwise) {
  char value[256];
  return setting(name, NULL, value, sizeof value) ? atoi(value) : otherwise;
}

/* Notes a call; what it is to return. */
static CUresult called(const char* name) {
  char path[4096], value[256];
  beside("fake_cuda.log", path, sizeof path);
  FILE* log = fopen(path, "a");
  if (log) {
    fprintf(log, "%s\n", name);
    fclose(log);
  }
  while (setting("hang", name, value, sizeof value)) usleep(10000);
  if (fault) return fault;
  if (setting("fail", name, value, sizeof value)) {
    int code = atoi(value);
    if (code >= 700 && code < 720) fault = code;
    return code;
  }
  return OK;
}

#define CALLED()                        \
  do {                                  \
    CUresult status = called(__func__); \
    if (status) return status;          \
  } while (0)


CUresult cuInit(unsigned flags) {
  CALLED();
  return flags ? INVALID_VALUE : number("devices", 1) ? OK : NO_DEVICE;
}
CUresult cuDriverGetVersion(int* version) {
  *version = number("version", 12080);
  CALLED();
  return OK;
}
CUresult cuGetErrorString(CUresult code, const char** text) {
  switch (code) {
    case INVALID_VALUE: *text = "invalid argument"; return OK;
    case 2: *text = "out of memory"; return OK;
    case NO_DEVICE: *text = "no CUDA-capable device is detected"; return OK;
    case INVALID_DEVICE: *text = "invalid device ordinal"; return OK;
    case INVALID_PTX: *text = "a PTX JIT compilation failed"; return OK;
    case 222: *text = "the provided PTX was compiled with an unsupported toolchain."; return OK;
    case 500: *text = "named symbol not found"; return OK;
    case 700: *text = "an illegal memory access was encountered"; return OK;
    default: *text = NULL; return INVALID_VALUE;
  }
}
CUresult cuDeviceGetCount(int* count) {
  *count = number("devices", 1);
  CALLED();
  return OK;
}
CUresult cuDeviceGet(int* device, int ordinal) {
  CALLED();
  if (ordinal < 0 || ordinal >= number("devices", 1)) return INVALID_DEVICE;
  *device = 70 + ordinal;
  return OK;
}
CUresult cuDeviceGetName(char* name, int size, int device) {
  (void)device;
  snprintf(name, (size_t)size, "Fake GPU");
  return OK;
}
CUresult cuDeviceTotalMem_v2(size_t* bytes, int device) {
  (void)device;
  *bytes = (size_t)16 << 30;
  return OK;
}
CUresult cuDeviceGetAttribute(int* value, int attribute, int device) {
  int capability = number("capability", 90);
  (void)device;
  switch (attribute) {
    case 1: *value = 1024; break;
    case 13: *value = 1500000; break;
    case 16: *value = 4; break;
    case 33: case 34: case 50: *value = 1; break;
    case 36: *value = 2000000; break;
    case 37: *value = 256; break;
    case 38: *value = 1 << 20; break;
    case 39: *value = 2048; break;
    case 75: *value = capability / 10; break;
    case 76: *value = capability % 10; break;
    case 81: *value = 228 << 10; break;
    case 82: *value = 65536; break;
    case 97: *value = 227 << 10; break;
    case 106: *value = 32; break;
    default: return INVALID_VALUE;
  }
  return OK;
}

static int the_context;
CUresult cuDevicePrimaryCtxRetain(void** context, int device) {
  CALLED();
  (void)device;
  *context = &the_context;
  return OK;
}
CUresult cuDevicePrimaryCtxRelease_v2(int device) {
  CALLED();
  (void)device;
  return OK;
}
CUresult cuCtxSetCurrent(void* context) {
  CALLED();
  return context == &the_context ? OK : INVALID_VALUE;
}
CUresult cuCtxPushCurrent_v2(void* context) { return context == &the_context ? OK : INVALID_VALUE; }
CUresult cuCtxPopCurrent_v2(void** context) {
  *context = &the_context;
  return OK;
}

CUresult cuMemAlloc_v2(uint64_t* address, size_t bytes) {
  CALLED();
  *address = (uint64_t)(uintptr_t)aligned_alloc(256, (bytes + 255) / 256 * 256);
  memset((void*)(uintptr_t)*address, 0xC5, bytes);
  return OK;
}
CUresult cuMemFree_v2(uint64_t address) {
  CALLED();
  free((void*)(uintptr_t)address);
  return OK;
}
CUresult cuMemcpyHtoD_v2(uint64_t to, const void* from, size_t bytes) {
  CALLED();
  memcpy((void*)(uintptr_t)to, from, bytes);
  return OK;
}
CUresult cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void* stream) {
  CALLED();
  (void)stream;
  memcpy((void*)(uintptr_t)to, from, bytes);
  return OK;
}
CUresult cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void* stream) {
  CALLED();
  (void)stream;
  memcpy(to, (void*)(uintptr_t)from, bytes);
  return OK;
}
CUresult cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes, void* stream) {
  CALLED();
  (void)stream;
  memset((void*)(uintptr_t)to, value, bytes);
  return OK;
}

CUresult cuModuleLoadDataEx(void** loaded, const void* image, unsigned count, int* options,
                            void** values) {
  CALLED();
  int is_cubin = memcmp(image, "\177ELF", 4) == 0;
  if (!is_cubin && strstr(image, ".version") == NULL) {
    for (unsigned i = 0; i < count; i++) {
      if (options[i] == 5) snprintf(values[i], 1000, "ptxas: line 1: this is no PTX");
    }
    return INVALID_PTX;
  }
  module* created = malloc(sizeof *created);
  created->ptx = is_cubin ? NULL : strdup(image);
  *loaded = created;
  return OK;
}
CUresult cuModuleUnload(void* loaded) {
  CALLED();
  free(((module*)loaded)->ptx);
  free(loaded);
  return OK;
}
CUresult cuModuleGetFunction(void** found, void* loaded, const char* name) {
  CALLED();
  if (!((module*)loaded)->ptx) {
    function* assembled = calloc(1, sizeof *assembled);
    snprintf(assembled->name, sizeof assembled->name, "%s", name);
    assembled->parameters = number("parameters", 2);
    *found = assembled;
    return OK;
  }
  char entry[300];
  snprintf(entry, sizeof entry, ".entry %s(", name);
  const char* at = strstr(((module*)loaded)->ptx, entry);
  if (!at) return 500;
  function* made = calloc(1, sizeof *made); /* lives as long as the process, as CUfunctions may */
  snprintf(made->name, sizeof made->name, "%s", name);
  const char* end = strchr(at, ')');
  while ((at = strstr(at, ".param")) && at < end) {
    made->parameters++;
    at++;
  }
  *found = made;
  return OK;
}
CUresult cuFuncSetAttribute(void* f, int attribute, int value) {
  CALLED();
  (void)f;
  return attribute == 8 && value > (227 << 10) ? INVALID_VALUE : OK;
}
CUresult cuFuncGetAttribute(int* value, int attribute, void* f) {
  (void)f;
  *value = attribute == 4 ? 32 : 0;
  return OK;
}

static void run(const function* f, long threads, void** parameters) {
  float* a[4] = {0};
  for (int i = 0; i < f->parameters && i < 4; i++) a[i] = *(float**)parameters[i];
  if (strncmp(f->name, "fake_add", 8) == 0) {
    for (long i = 0; i < threads; i++) a[2][i] = a[0][i] + a[1][i];
    return;
  }
  if (strncmp(f->name, "fake_twice", 10) == 0) {
    for (long i = 0; i < threads; i++) a[1][i] = 2 * a[0][i];
    return;
  }
  char path[4096];
  if (f->parameters > 0 && setting("answer", NULL, path, sizeof path)) {
    FILE* file = fopen(path, "rb");
    char* to = *(char**)parameters[f->parameters - 1];
    int byte;
    while (file && (byte = fgetc(file)) != EOF) *to++ = (char)byte;
    if (file) fclose(file);
  }
}

/* What is launched while a stream is captured; it runs when the graph does. */
typedef struct {
  const function* f;
  long threads;
  void* parameters[16];
  uint64_t values[16];
} captured;
typedef struct {
  captured launches[256];
  int count;
} graph;
static graph* capturing;

static CUresult capture(const function* f, long threads, void** parameters) {
  if (capturing->count == 256 || f->parameters > 16) return INVALID_VALUE;
  captured* launch = &capturing->launches[capturing->count++];
  launch->f = f;
  launch->threads = threads;
  for (int i = 0; i < f->parameters; i++) {
    launch->values[i] = *(uint64_t*)parameters[i];
    launch->parameters[i] = &launch->values[i];
  }
  return OK;
}
CUresult cuStreamBeginCapture_v2(void* stream, int mode) {
  CALLED();
  (void)stream, (void)mode;
  capturing = calloc(1, sizeof *capturing);
  return OK;
}
CUresult cuStreamEndCapture(void* stream, void** made) {
  CALLED();
  (void)stream;
  *made = capturing;
  capturing = NULL;
  return OK;
}
CUresult cuGraphInstantiateWithFlags(void** made, void* of, uint64_t flags) {
  CALLED();
  (void)flags;
  graph* copy = malloc(sizeof *copy);
  *copy = *(graph*)of;
  for (int i = 0; i < copy->count; i++) {
    for (int k = 0; k < 16; k++) copy->launches[i].parameters[k] = &copy->launches[i].values[k];
  }
  *made = copy;
  return OK;
}
CUresult cuGraphDestroy(void* of) {
  CALLED();
  free(of);
  return OK;
}
CUresult cuGraphExecDestroy(void* of) {
  CALLED();
  free(of);
  return OK;
}
CUresult cuGraphLaunch(void* of, void* stream) {
  CALLED();
  (void)stream;
  graph* ready = of;
  for (int i = 0; i < ready->count; i++) {
    run(ready->launches[i].f, ready->launches[i].threads, ready->launches[i].parameters);
  }
  return OK;
}

CUresult cuLaunchKernel(void* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                        unsigned bz, unsigned shared, void* stream, void** parameters,
                        void** extra) {
  CALLED();
  (void)shared, (void)stream, (void)extra;
  if (!gx || !gy || !gz || (unsigned long)bx * by * bz > 1024) return INVALID_VALUE;
  long threads = (long)gx * gy * gz * bx * by * bz;
  if (capturing) return capture(f, threads, parameters);
  run(f, threads, parameters);
  return OK;
}

CUresult cuStreamCreate(void** stream, unsigned flags) {
  CALLED();
  (void)flags;
  *stream = malloc(1);
  return OK;
}
CUresult cuStreamDestroy_v2(void* stream) {
  CALLED();
  free(stream);
  return OK;
}
CUresult cuStreamSynchronize(void* stream) {
  CALLED();
  (void)stream;
  return OK;
}
CUresult cuEventCreate(void** made, unsigned flags) {
  CALLED();
  (void)flags;
  *made = calloc(1, sizeof(event));
  return OK;
}
CUresult cuEventDestroy_v2(void* made) {
  CALLED();
  free(made);
  return OK;
}
CUresult cuEventRecord(void* made, void* stream) {
  CALLED();
  (void)stream;
  clock_gettime(CLOCK_MONOTONIC, &((event*)made)->at);
  return OK;
}
CUresult cuEventElapsedTime(float* ms, void* from, void* to) {
  const struct timespec* a = &((event*)from)->at;
  const struct timespec* b = &((event*)to)->at;
  CALLED();
  *ms = (float)((double)(b->tv_sec - a->tv_sec) * 1e3 + (double)(b->tv_nsec - a->tv_nsec) / 1e6);
  return OK;
}
