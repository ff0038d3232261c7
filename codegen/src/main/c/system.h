/*
 * The few things the runtime takes from Linux and its C library, declared here so that building
 * it needs no system headers. Only what libc.so.6 exports may appear, see LibcStub.java; what
 * older C libraries keep elsewhere (libpthread, libdl) is weak, and its absence is handled.
 */
#ifndef JTVMC_SYSTEM_H
#define JTVMC_SYSTEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__x86_64__) || !defined(__linux__)
#error "the runtime is written for Linux on x86-64"
#endif

#define JTVMC_HIDDEN __attribute__((visibility("hidden")))
#define JTVMC_WEAK __attribute__((weak))
#define JTVMC_CACHE_LINE 64

extern long syscall(long number, ...);
extern void* aligned_alloc(size_t alignment, size_t size);
extern void free(void* memory);
extern void* memset(void* to, int value, size_t size);
extern void* memcpy(void* to, const void* from, size_t size);
extern int memcmp(const void* a, const void* b, size_t size);
extern size_t strlen(const char* text);
extern int strcmp(const char* a, const char* b);
extern double strtod(const char* text, char** end);
extern float strtof(const char* text, char** end);
extern int snprintf(char* to, size_t size, const char* format, ...)
    __attribute__((format(printf, 3, 4)));
extern int vsnprintf(char* to, size_t size, const char* format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
extern char* strerror_r(int code, char* buffer, size_t size); /* the GNU one */
extern int* __errno_location(void);
extern int open(const char* path, int flags, ...);
extern long read(int file, void* to, size_t size);
extern long lseek(int file, long offset, int whence);
extern int close(int file);
extern void* mmap(void* at, size_t size, int protection, int flags, int file, long offset);
extern int munmap(void* at, size_t size);
extern int madvise(void* at, size_t size, int advice);

struct timespec {
  long tv_sec;
  long tv_nsec;
};
extern char* getenv(const char* name);
extern int sched_getcpu(void);
extern int clock_gettime(int clock, struct timespec* time);

/* In libpthread.so.0 and libdl.so.2 before glibc 2.34. */
extern int pthread_create(unsigned long* thread, const void* attributes, void* (*main)(void*),
                          void* argument) JTVMC_WEAK;
extern int pthread_join(unsigned long thread, void** result) JTVMC_WEAK;
typedef struct {
  const char* dli_fname;
  void* dli_fbase;
  const char* dli_sname;
  void* dli_saddr;
} Dl_info;
extern int dladdr(const void* address, Dl_info* info) JTVMC_WEAK;
extern void* dlopen(const char* file, int mode) JTVMC_WEAK;
extern void* dlsym(void* library, const char* symbol) JTVMC_WEAK;

enum {
  SYS_RT_SIGPROCMASK = 14,
  SYS_SCHED_YIELD = 24,
  SYS_GETPID = 39,
  SYS_PRCTL = 157,
  SYS_ARCH_PRCTL = 158,
  SYS_GETTID = 186,
  SYS_FUTEX = 202,
  SYS_SCHED_SETAFFINITY = 203,
  SYS_SCHED_GETAFFINITY = 204,
  SYS_GETRANDOM = 318,

  FUTEX_WAIT_PRIVATE = 128,
  FUTEX_WAKE_PRIVATE = 129,

  RTLD_NOW = 2,

  O_RDONLY = 0,
  O_CLOEXEC = 02000000,
  SEEK_END = 2,

  PROT_READ = 1,
  PROT_WRITE = 2,
  MAP_SHARED = 1,
  MAP_PRIVATE = 2,
  MAP_ANONYMOUS = 0x20,
  MADV_HUGEPAGE = 14,
  MADV_WIPEONFORK = 18,

  SIG_SETMASK = 2,
  PR_SET_NAME = 15,
  ARCH_REQ_XCOMP_PERM = 0x1023,
  CLOCK_MONOTONIC = 1
};

#define MAP_FAILED ((void*)-1)

#endif /* JTVMC_SYSTEM_H */
