/*
 * A stand-in for libcuda.so.1 on machines without a GPU, as strict as the driver is and in places
 * stricter. The memory of its device is the host's. Work waits in its stream until somebody waits for
 * it, so that whoever reads too early reads what was there before. Calls need a context that is
 * current on their thread; what a capture forbids is refused while any stream is captured; launches
 * are held against the limits of the device, the entry's own demands and the memory that is allocated.
 *
 * Of kernels it runs those whose entry begins with "fake_", or, once fake_cuda_use was called, all by
 * that function. It is told what to do by lines "name value" in a file fake_cuda.conf beside it, read
 * anew at each call, and notes its calls in fake_cuda.log there.
 *
 *   devices N          how many there are (1)
 *   version N          of the driver (12080)
 *   capability N       of the devices (90)
 *   fail NAME CODE     what a function returns; a code of 700 to 719 stays for ever, as a fault does
 *   fault KERNEL CODE  how a kernel ends, which shows where it is waited for
 *   hang NAME          the function, or the kernel, never returns
 *   parameters N       of kernels that come as a cubin, which it cannot read (2)
 *   answer FILE        what any other kernel writes to its last argument
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fake_tensor_map.h"

typedef int CUresult;
enum {
  OK = 0, INVALID_VALUE = 1, NO_DEVICE = 100, INVALID_DEVICE = 101, INVALID_CONTEXT = 201,
  INVALID_PTX = 218, NOT_READY = 600, ILLEGAL_ADDRESS = 700, CAPTURE_UNSUPPORTED = 900
};
enum { MOST_PARAMETERS = 64, MOST_MAPS = 4, DEFAULT_SHARED = 48 << 10, MOST_SHARED = 227 << 10, MOST_FILLED = 64 << 20 };

typedef struct {
  char* ptx;
} module;
typedef struct {
  char name[256];
  int parameters;
  char is_map[MOST_PARAMETERS]; /* a map of a tensor, which is passed itself; else an address */
  int shared;           /* how much a launch may ask for */
  unsigned required[3]; /* the block that the entry demands; 0 where it demands none */
} function;
typedef struct {
  struct timespec at;
  enum { NEVER, WAITING, HAPPENED } state;
} event;

/* A piece of work in a stream. */
typedef struct work {
  struct work* next;
  enum { COPY, FILL, LAUNCH, RECORD } kind;
  const function* f;
  unsigned extents[6]; /* grid and block */
  uint64_t values[MOST_PARAMETERS];
  _Alignas(64) fake_tensor_map maps[MOST_MAPS]; /* those of the parameters that are maps, in order */
  void* to;
  const void* from;
  void* staged; /* what to copy, where it is not at from until then; freed with the work */
  size_t bytes;
  unsigned char byte;
  event* event;
} work;
typedef struct {
  work *first, *last;
} queue;
typedef struct stream {
  struct stream* next;
  queue waiting;
  queue* captured; /* NULL where it is not captured */
} stream;
typedef struct allocation {
  struct allocation* next;
  uint64_t begin;
  size_t bytes;
} allocation;

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static stream default_stream;
static stream* streams = &default_stream;
static allocation* live;
static int captures, retained;
static __thread void* current[16]; /* the contexts of this thread, the latest last */
static __thread int depth;
static int (*run_kernel)(const char* entry, const unsigned* extents, const uint64_t* arguments);

/* Has all kernels run by a function from now on: it returns 0, or the code of a fault. */
void fake_cuda_use(int (*runner)(const char*, const unsigned*, const uint64_t*)) {
  run_kernel = runner;
}

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

static int the_context;

/* A call of something that needs a context. */
static CUresult in_context(const char* name) {
  CUresult status = called(name);
  if (status) return status;
  return depth > 0 && current[depth - 1] == &the_context && retained > 0 ? OK : INVALID_CONTEXT;
}

#define CHECK(call)            \
  do {                         \
    CUresult status = call;    \
    if (status) return status; \
  } while (0)
#define CALLED() CHECK(called(__func__))
#define IN_CONTEXT() CHECK(in_context(__func__))
/* What waits for the device, or changes its memory, must not be called while a stream is captured. */
#define NOT_CAPTURED() \
  if (captures > 0) return CAPTURE_UNSUPPORTED

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
    case INVALID_CONTEXT: *text = "invalid device context"; return OK;
    case 500: *text = "named symbol not found"; return OK;
    case NOT_READY: *text = "device not ready"; return OK;
    case 700: *text = "an illegal memory access was encountered"; return OK;
    case 702: *text = "the launch timed out and was terminated"; return OK;
    case CAPTURE_UNSUPPORTED: *text = "operation not permitted when stream is capturing"; return OK;
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

CUresult cuDevicePrimaryCtxRetain(void** context, int device) {
  CALLED();
  (void)device;
  retained++;
  *context = &the_context;
  return OK;
}
CUresult cuDevicePrimaryCtxRelease_v2(int device) {
  CALLED();
  (void)device;
  if (retained == 0) return INVALID_CONTEXT;
  retained--;
  return OK;
}
CUresult cuCtxSetCurrent(void* context) {
  CALLED();
  if (context != &the_context) return INVALID_VALUE;
  if (depth == 0) depth = 1;
  current[depth - 1] = context;
  return OK;
}
CUresult cuCtxPushCurrent_v2(void* context) {
  if (context != &the_context || retained == 0 || depth == 16) return INVALID_CONTEXT;
  current[depth++] = context;
  return OK;
}
CUresult cuCtxPopCurrent_v2(void** context) {
  if (depth == 0) return INVALID_CONTEXT;
  *context = current[--depth];
  return OK;
}

#include "fake_cuda_work.h"

/* ---- Memory ---- */

CUresult cuMemAlloc_v2(uint64_t* address, size_t bytes) {
  IN_CONTEXT();
  NOT_CAPTURED();
  if (bytes == 0) return INVALID_VALUE;
  *address = (uint64_t)(uintptr_t)aligned_alloc(256, (bytes + 255) / 256 * 256);
  if (bytes <= MOST_FILLED) memset((void*)(uintptr_t)*address, 0xC5, bytes);
  allocation* added = malloc(sizeof *added);
  pthread_mutex_lock(&lock);
  *added = (allocation){live, *address, bytes};
  live = added;
  pthread_mutex_unlock(&lock);
  return OK;
}
CUresult cuMemFree_v2(uint64_t address) {
  IN_CONTEXT();
  NOT_CAPTURED();
  drain_all(); /* as the driver does */
  pthread_mutex_lock(&lock);
  allocation** at = &live;
  while (*at && (*at)->begin != address) at = &(*at)->next;
  allocation* freed = *at;
  if (freed) *at = freed->next;
  pthread_mutex_unlock(&lock);
  if (!freed) return INVALID_VALUE;
  free((void*)(uintptr_t)address);
  free(freed);
  return OK;
}
CUresult cuMemcpyHtoD_v2(uint64_t to, const void* from, size_t bytes) {
  IN_CONTEXT();
  NOT_CAPTURED();
  if (!is_live(to, bytes)) return INVALID_VALUE;
  /* As the driver does with memory that is not pinned: it has read it, but need not have written. */
  work copy = {.kind = COPY, .to = (void*)(uintptr_t)to, .staged = malloc(bytes), .bytes = bytes};
  memcpy(copy.staged, from, bytes);
  return enqueue(NULL, &copy);
}
CUresult cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, void* stream) {
  IN_CONTEXT();
  if (!is_live(to, bytes)) return INVALID_VALUE;
  work copy = {.kind = COPY, .to = (void*)(uintptr_t)to, .from = from, .bytes = bytes};
  return enqueue(stream, &copy);
}
CUresult cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, void* stream) {
  IN_CONTEXT();
  if (!is_live(from, bytes)) return INVALID_VALUE;
  work copy = {.kind = COPY, .to = to, .from = (void*)(uintptr_t)from, .bytes = bytes};
  return enqueue(stream, &copy);
}
CUresult cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void* stream) {
  IN_CONTEXT();
  if (!is_live(to, bytes) || !is_live(from, bytes)) return INVALID_VALUE;
  work copy = {.kind = COPY, .to = (void*)(uintptr_t)to, .from = (void*)(uintptr_t)from, .bytes = bytes};
  return enqueue(stream, &copy);
}
CUresult cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes, void* stream) {
  IN_CONTEXT();
  if (!is_live(to, bytes)) return INVALID_VALUE;
  work fill = {.kind = FILL, .to = (void*)(uintptr_t)to, .byte = value, .bytes = bytes};
  return enqueue(stream, &fill);
}

#include "fake_cuda_code.h"

/* ---- Streams, graphs and events ---- */

CUresult cuStreamCreate(void** made, unsigned flags) {
  IN_CONTEXT();
  (void)flags;
  stream* created = calloc(1, sizeof *created);
  pthread_mutex_lock(&lock);
  created->next = streams;
  streams = created;
  pthread_mutex_unlock(&lock);
  *made = created;
  return OK;
}
CUresult cuStreamDestroy_v2(void* of) {
  IN_CONTEXT();
  drain(of);
  pthread_mutex_lock(&lock);
  stream** at = &streams;
  while (*at != of) at = &(*at)->next;
  *at = (*at)->next;
  pthread_mutex_unlock(&lock);
  free(of);
  return OK;
}
CUresult cuStreamSynchronize(void* of) {
  IN_CONTEXT();
  NOT_CAPTURED();
  drain(of ? of : &default_stream);
  return fault;
}
CUresult cuStreamBeginCapture_v2(void* of, int mode) {
  IN_CONTEXT();
  (void)mode;
  if (!of || ((stream*)of)->captured) return CAPTURE_UNSUPPORTED;
  ((stream*)of)->captured = calloc(1, sizeof(queue));
  captures++;
  return OK;
}
CUresult cuStreamEndCapture(void* of, void** made) {
  IN_CONTEXT();
  *made = ((stream*)of)->captured;
  ((stream*)of)->captured = NULL;
  captures--;
  return OK;
}
CUresult cuGraphInstantiateWithFlags(void** made, void* of, uint64_t flags) {
  IN_CONTEXT();
  (void)flags;
  queue* copy = calloc(1, sizeof *copy);
  for (work* each = ((queue*)of)->first; each; each = each->next) append(copy, each);
  *made = copy;
  return OK;
}
CUresult cuGraphDestroy(void* of) {
  CALLED();
  clear(of);
  free(of);
  return OK;
}
CUresult cuGraphExecDestroy(void* of) {
  CALLED();
  clear(of);
  free(of);
  return OK;
}
CUresult cuGraphLaunch(void* of, void* in) {
  IN_CONTEXT();
  for (work* each = ((queue*)of)->first; each; each = each->next) enqueue(in, each);
  return OK;
}

CUresult cuEventCreate(void** made, unsigned flags) {
  IN_CONTEXT();
  (void)flags;
  *made = calloc(1, sizeof(event));
  return OK;
}
CUresult cuEventDestroy_v2(void* made) {
  IN_CONTEXT();
  drain_all();
  free(made);
  return OK;
}
CUresult cuEventRecord(void* made, void* in) {
  IN_CONTEXT();
  work record = {.kind = RECORD, .event = made};
  return enqueue(in, &record);
}
CUresult cuEventElapsedTime(float* ms, void* from, void* to) {
  const event* a = from;
  const event* b = to;
  CALLED();
  if (a->state == NEVER || b->state == NEVER) return INVALID_VALUE;
  if (a->state == WAITING || b->state == WAITING) return NOT_READY;
  *ms = (float)((double)(b->at.tv_sec - a->at.tv_sec) * 1e3 +
                (double)(b->at.tv_nsec - a->at.tv_nsec) / 1e6);
  return OK;
}
