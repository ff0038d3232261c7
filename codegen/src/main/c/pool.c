#include "jtvmc_pool.h"

#include "system.h"

/*
 * How long an idle thread spins before it sleeps, in ticks of the time stamp counter: 50 to 100
 * microseconds, about the length of the serial stretch between two kernels of a model.
 */
#define SPIN_TICKS 200000u

/* Set in `pending` by a caller that sleeps until its workers are done. */
#define CALLER_SLEEPS 0x80000000u

typedef struct {
  /* Counts the loops given to this worker; it waits for a change. */
  _Alignas(JTVMC_CACHE_LINE) uint32_t ticket;
  int32_t chunk; /* the chunk this worker runs: 1, 2, ... */
  jtvmc_pool* pool;
  unsigned long thread;
} worker;

struct jtvmc_pool {
  /* The running loop. Written by the owner of `busy`; a worker reads it between the change of its
     ticket and its decrement of `pending`, and the owner waits for that decrement. */
  _Alignas(JTVMC_CACHE_LINE) jtvmc_body body;
  void* closure;
  int64_t extent;
  int32_t chunks;

  /* The word that sleeping workers wait on, and how many do (or are about to). */
  _Alignas(JTVMC_CACHE_LINE) uint32_t epoch;
  uint32_t sleepers;

  /* Workers that have not finished the running loop, and CALLER_SLEEPS. */
  _Alignas(JTVMC_CACHE_LINE) uint32_t pending;
  int32_t status;

  _Alignas(JTVMC_CACHE_LINE) uint32_t busy; /* one caller owns the workers */
  uint32_t stop;
  int32_t num_threads; /* asked for, the caller included */
  int32_t started;     /* workers that run; -1 before the first loop */
  uint32_t spin_ticks;
  int32_t pid;
  /* 1 in the process that made the pool (or took it over); a page the kernel clears for a child
     of fork. NULL where the kernel cannot: then pid tells. */
  uint32_t* same_process;
  worker workers[];
};

static long futex(uint32_t* word, int operation, uint32_t value) {
  return syscall(SYS_FUTEX, word, operation, value, NULL, NULL, 0);
}

static int32_t current_pid(void) { return (int32_t)syscall(SYS_GETPID); }

/* Spins until *word differs from value; 0 when it still has not after the given ticks. */
static int spin_while(const uint32_t* word, uint32_t value, uint32_t ticks) {
  uint64_t start = __builtin_ia32_rdtsc();
  do {
    for (int i = 0; i < 16; i++) {
      if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) return 1;
      __builtin_ia32_pause();
    }
  } while (__builtin_ia32_rdtsc() - start < ticks);
  return 0;
}

static int32_t run_chunk(const jtvmc_pool* pool, int64_t chunk) {
  int64_t size = pool->extent / pool->chunks;
  int64_t longer = pool->extent % pool->chunks; /* chunks that take one more */
  int64_t begin = chunk * size + (chunk < longer ? chunk : longer);
  return pool->body(pool->closure, begin, begin + size + (chunk < longer));
}

static void wait_for_ticket(worker* self, uint32_t seen) {
  jtvmc_pool* pool = self->pool;
  while (!spin_while(&self->ticket, seen, pool->spin_ticks)) {
    /* Sequentially consistent on both sides: either the caller sees this sleeper and wakes it, or
       the epoch read here is already the new one and then so is the ticket. */
    __atomic_fetch_add(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
    uint32_t epoch = __atomic_load_n(&pool->epoch, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&self->ticket, __ATOMIC_ACQUIRE) == seen) {
      futex(&pool->epoch, FUTEX_WAIT_PRIVATE, epoch);
    }
    __atomic_fetch_sub(&pool->sleepers, 1, __ATOMIC_SEQ_CST);
  }
}

static void* worker_main(void* argument) {
  worker* self = argument;
  jtvmc_pool* pool = self->pool;
  char name[16];
  snprintf(name, sizeof name, "jtvmc-%d", self->chunk);
  syscall(SYS_PRCTL, PR_SET_NAME, name, 0, 0, 0);
  for (uint32_t seen = 0;; seen++) {
    wait_for_ticket(self, seen);
    if (__atomic_load_n(&pool->stop, __ATOMIC_ACQUIRE)) return NULL;
    int32_t status = run_chunk(pool, self->chunk);
    if (status != 0) __atomic_store_n(&pool->status, status, __ATOMIC_RELAXED);
    uint32_t before = __atomic_fetch_sub(&pool->pending, 1, __ATOMIC_ACQ_REL);
    if (before == (CALLER_SLEEPS | 1)) futex(&pool->pending, FUTEX_WAKE_PRIVATE, 1);
  }
}

/*
 * Starts the workers with the host's signals masked, so that its handlers never run on them. Open
 * stay the signals of a fault (SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV) and the two that
 * the C library keeps for itself (32 and 33). With fewer threads than asked for, the pool serves
 * with those.
 */
static void start_workers(jtvmc_pool* pool) {
  pool->started = 0;
  if (!pthread_create || !pthread_join) return;
  static const uint8_t open_signals[] = {4, 5, 6, 7, 8, 11, 32, 33};
  uint64_t masked = ~(uint64_t)0;
  for (size_t i = 0; i < sizeof open_signals; i++) {
    masked &= ~((uint64_t)1 << (open_signals[i] - 1));
  }
  uint64_t before = 0;
  syscall(SYS_RT_SIGPROCMASK, SIG_SETMASK, &masked, &before, sizeof masked);
  while (pool->started < pool->num_threads - 1) {
    worker* next = &pool->workers[pool->started];
    next->ticket = 0;
    next->chunk = pool->started + 1;
    next->pool = pool;
    if (pthread_create(&next->thread, NULL, worker_main, next) != 0) break;
    pool->started++;
  }
  syscall(SYS_RT_SIGPROCMASK, SIG_SETMASK, &before, NULL, sizeof before);
}

static void notify_workers(jtvmc_pool* pool, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    worker* each = &pool->workers[i];
    __atomic_store_n(&each->ticket, each->ticket + 1, __ATOMIC_RELEASE);
  }
  __atomic_fetch_add(&pool->epoch, 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&pool->sleepers, __ATOMIC_SEQ_CST) != 0) {
    futex(&pool->epoch, FUTEX_WAKE_PRIVATE, INT32_MAX);
  }
}

static void wait_for_workers(jtvmc_pool* pool) {
  uint64_t start = __builtin_ia32_rdtsc();
  uint32_t pending;
  while ((pending = __atomic_load_n(&pool->pending, __ATOMIC_ACQUIRE)) & ~CALLER_SLEEPS) {
    if (__builtin_ia32_rdtsc() - start < pool->spin_ticks) {
      __builtin_ia32_pause();
    } else if ((pending & CALLER_SLEEPS) ||
               __atomic_compare_exchange_n(&pool->pending, &pending, pending | CALLER_SLEEPS, 0,
                                           __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
      futex(&pool->pending, FUTEX_WAIT_PRIVATE, pending | CALLER_SLEEPS);
    }
  }
}

/* The workers are gone and the words may be in any state: begin anew in this process. */
static void reset(jtvmc_pool* pool) {
  pool->epoch = 0;
  pool->sleepers = 0;
  pool->pending = 0;
  pool->started = -1;
  __atomic_store_n(&pool->pid, current_pid(), __ATOMIC_RELEASE);
  __atomic_store_n(&pool->busy, 0, __ATOMIC_RELEASE);
}

/* 1 when this process may use the pool's fields, 0 when another thread is just taking it over. */
static int owned_by_this_process(jtvmc_pool* pool) {
  if (!pool->same_process) {
    int32_t pid = current_pid();
    int32_t maker = __atomic_load_n(&pool->pid, __ATOMIC_ACQUIRE);
    if (pid == maker) return 1;
    if (__atomic_compare_exchange_n(&pool->pid, &maker, pid, 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED)) {
      reset(pool);
      return 1;
    }
    return 0;
  }
  uint32_t state = __atomic_load_n(pool->same_process, __ATOMIC_ACQUIRE);
  if (state == 1) return 1;
  if (state == 0 && __atomic_compare_exchange_n(pool->same_process, &state, 2, 0, __ATOMIC_ACQ_REL,
                                                __ATOMIC_RELAXED)) {
    reset(pool);
    __atomic_store_n(pool->same_process, 1, __ATOMIC_RELEASE);
    return 1;
  }
  return 0;
}

static uint32_t* map_fork_mark(void) {
  void* page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return NULL;
  if (madvise(page, 4096, MADV_WIPEONFORK) != 0) {
    munmap(page, 4096);
    return NULL;
  }
  uint32_t* mark = page;
  *mark = 1;
  return mark;
}

jtvmc_pool* jtvmc_pool_create(int32_t num_threads) {
  int32_t cores = jtvmc_cpu_count();
  if (num_threads <= 0) num_threads = cores;
  if (num_threads > JTVMC_MAX_THREADS) num_threads = JTVMC_MAX_THREADS;
  size_t size = sizeof(jtvmc_pool) + (size_t)(num_threads - 1) * sizeof(worker);
  jtvmc_pool* pool = aligned_alloc(JTVMC_CACHE_LINE, size);
  if (!pool) return NULL;
  memset(pool, 0, size);
  pool->num_threads = num_threads;
  /* With more threads than cores a spinning thread keeps the one it waits for from running. */
  pool->spin_ticks = num_threads <= cores ? SPIN_TICKS : 0;
  pool->same_process = map_fork_mark();
  reset(pool);
  return pool;
}

void jtvmc_pool_stop(jtvmc_pool* pool) {
  if (!owned_by_this_process(pool) || __atomic_exchange_n(&pool->busy, 1, __ATOMIC_ACQUIRE)) return;
  if (pool->started <= 0) return;
  __atomic_store_n(&pool->stop, 1, __ATOMIC_RELEASE);
  notify_workers(pool, pool->started);
  for (int32_t i = 0; i < pool->started; i++) pthread_join(pool->workers[i].thread, NULL);
  pool->started = 0;
}

void jtvmc_pool_destroy(jtvmc_pool* pool) {
  if (!pool) return;
  jtvmc_pool_stop(pool);
  if (pool->same_process) munmap(pool->same_process, 4096);
  free(pool);
}

int32_t jtvmc_pool_threads(const jtvmc_pool* pool) { return pool ? pool->num_threads : 1; }

int32_t jtvmc_parallel_for(jtvmc_pool* pool, jtvmc_body body, void* closure, int64_t extent) {
  if (extent <= 0) return 0;
  if (!pool || pool->num_threads == 1 || extent == 1 || !owned_by_this_process(pool) ||
      __atomic_exchange_n(&pool->busy, 1, __ATOMIC_ACQUIRE)) {
    return body(closure, 0, extent);
  }
  if (pool->started < 0) start_workers(pool);
  int32_t threads = pool->started + 1;
  pool->body = body;
  pool->closure = closure;
  pool->extent = extent;
  pool->chunks = extent < threads ? (int32_t)extent : threads;
  pool->status = 0;
  __atomic_store_n(&pool->pending, (uint32_t)(pool->chunks - 1), __ATOMIC_RELAXED);
  notify_workers(pool, pool->chunks - 1);
  int32_t status = run_chunk(pool, 0);
  wait_for_workers(pool);
  if (status == 0) status = __atomic_load_n(&pool->status, __ATOMIC_RELAXED);
  __atomic_store_n(&pool->busy, 0, __ATOMIC_RELEASE);
  return status;
}
