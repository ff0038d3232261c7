#include "jtvmc_pool.h"

#include "cpu_count.h"
#include "placement.h"
#include "pool_work.h"
#include "system.h"

/*
 * How long an idle thread spins before it sleeps, in ticks of the time stamp counter: 50 to 100
 * microseconds, about the length of the serial stretch between two kernels of a model.
 */
#define SPIN_TICKS 200000u

/* How long a worker may be absent before the caller looks after it, in ticks: 8 microseconds or so, in
   which one that spins has come. */
#define LATE_TICKS 20000

/* For how long the caller then leaves it, in ticks: it has a CPU of its own, or there is none. */
#define REST_TICKS 2000000

/* The most pieces that a member's share of a loop is cut into. */
#define PIECES 4

/* The parts of the caller's first piece after which it looks after workers that it has woken. */
#define FIRST_PARTS 8

static long futex(uint32_t* word, int operation, uint32_t value) {
  return syscall(SYS_FUTEX, word, operation, value, NULL, NULL, 0);
}

static int32_t current_pid(void) { return (int32_t)syscall(SYS_GETPID); }

/* ---- Workers ---- */

/* Notes where a member runs. */
static void locate(jtvmc_member* self) {
  int32_t cpu = jtvmc_current_cpu();
  if (cpu != self->cpu) __atomic_store_n(&self->cpu, cpu, __ATOMIC_RELAXED);
}

static int runs_on_callers_cpu(jtvmc_member* self) {
  locate(self);
  return self->cpu >= 0 &&
         self->cpu == __atomic_load_n(&self->pool->members[0].cpu, __ATOMIC_RELAXED);
}

/* Lets the worker run on the CPU again that a caller has kept it off. */
static void come_back(jtvmc_member* self) {
  int32_t cpu = __atomic_load_n(&self->kept_off, __ATOMIC_RELAXED);
  if (cpu < 0) return;
  __atomic_store_n(&self->kept_off, KEPT_OFF_CHANGES, __ATOMIC_RELAXED);
  jtvmc_allow_cpu(cpu);
  __atomic_store_n(&self->kept_off, KEPT_OFF_NONE, __ATOMIC_RELEASE);
}

/* Spins until there is a loop this worker has not seen; gives up after a while, or when the spinning
   keeps the caller from running. */
static int spin_for_loop(jtvmc_member* self) {
  const jtvmc_pool* pool = self->pool;
  uint64_t start = __builtin_ia32_rdtsc();
  do {
    for (int i = 0; i < 16; i++) {
      if (jtvmc_loop_number(pool) != self->seen) return 1;
      __builtin_ia32_pause();
    }
  } while (__builtin_ia32_rdtsc() - start < pool->spin_ticks && !runs_on_callers_cpu(self));
  return 0;
}

static void wait_for_loop(jtvmc_member* self) {
  if (spin_for_loop(self)) return;
  do {
    /* Sequentially consistent on both sides: either the caller sees this sleeper and wakes it, or
       the sleeper sees the caller's loop. */
    __atomic_store_n(&self->asleep, 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&self->pool->number, __ATOMIC_SEQ_CST) == self->seen) {
      futex(&self->asleep, FUTEX_WAIT_PRIVATE, 1);
    }
    __atomic_store_n(&self->asleep, 0, __ATOMIC_RELAXED);
  } while (jtvmc_loop_number(self->pool) == self->seen);
}

/* Wakes the caller where it sleeps and the loop is over. */
static void wake_caller(jtvmc_pool* pool, const jtvmc_loop* of) {
  /* Either this sees the caller asleep, or the caller sees what has been reported. */
  __sync_synchronize();
  if (__atomic_load_n(&pool->caller_sleeps, __ATOMIC_RELAXED) && jtvmc_loop_is_over(pool, of)) {
    __atomic_store_n(&pool->caller_sleeps, 0, __ATOMIC_RELAXED);
    futex(&pool->caller_sleeps, FUTEX_WAKE_PRIVATE, 1);
  }
}

static void* worker_main(void* argument) {
  jtvmc_member* self = argument;
  jtvmc_pool* pool = self->pool;
  char name[16];
  snprintf(name, sizeof name, "jtvmc-%d", self->index);
  syscall(SYS_PRCTL, PR_SET_NAME, name, 0, 0, 0);
  jtvmc_bind_to(self->home, NULL);
  __atomic_store_n(&self->id, (int32_t)syscall(SYS_GETTID), __ATOMIC_RELAXED);
  for (;;) {
    come_back(self);
    wait_for_loop(self);
    jtvmc_loop next = jtvmc_loop_latest(pool);
    self->seen = next.number;
    if (__atomic_load_n(&pool->stop, __ATOMIC_ACQUIRE)) return NULL;
    if (self->index >= next.shares) continue;
    locate(self);
    jtvmc_loop_run(pool, &next, self->index, 0);
    wake_caller(pool, &next);
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
    jtvmc_member* next = &pool->members[pool->started + 1];
    next->asleep = 0;
    next->cpu = -1;
    next->id = 0;
    next->kept_off = KEPT_OFF_NONE;
    next->index = pool->started + 1;
    next->seen = jtvmc_loop_number(pool);
    next->pool = pool;
    if (pthread_create(&next->thread, NULL, worker_main, next) != 0) break;
    pool->started++;
  }
  syscall(SYS_RT_SIGPROCMASK, SIG_SETMASK, &before, NULL, sizeof before);
}

/* ---- The caller ---- */

/*
 * Keeps a worker off the caller's CPU until it has run its share. A thread that is woken may be put
 * on its waker's CPU although another one is idle: to the scheduler of a virtual machine, an idle CPU
 * that the host has taken away looks busy. It would wait there until the caller's time is up.
 */
static void keep_off_callers_cpu(const jtvmc_pool* pool, jtvmc_member* worker) {
  int32_t id = __atomic_load_n(&worker->id, __ATOMIC_RELAXED);
  if (pool->spin_ticks == 0 || worker->home >= 0 || id == 0) return;
  int32_t none = KEPT_OFF_NONE;
  if (!__atomic_compare_exchange_n(&worker->kept_off, &none, KEPT_OFF_CHANGES, 0, __ATOMIC_ACQUIRE,
                                   __ATOMIC_RELAXED)) {
    return;
  }
  int32_t cpu = pool->members[0].cpu;
  int32_t now = jtvmc_forbid_cpu(id, cpu) ? cpu : KEPT_OFF_NONE;
  __atomic_store_n(&worker->kept_off, now, __ATOMIC_RELEASE);
}

/* Wakes those of the first `count` workers that sleep. Returns whether any did. */
static int wake_workers(jtvmc_pool* pool, int32_t count) {
  int woken = 0;
  for (int32_t i = 1; i <= count; i++) {
    uint32_t* asleep = &pool->members[i].asleep;
    if (__atomic_load_n(asleep, __ATOMIC_RELAXED) &&
        __atomic_exchange_n(asleep, 0, __ATOMIC_RELAXED)) {
      futex(asleep, FUTEX_WAKE_PRIVATE, 1);
      woken = 1;
    }
  }
  return woken;
}

/* Looks after the workers of a loop that have not begun it, where some have been absent for long. */
static void free_late_workers(jtvmc_pool* pool, const jtvmc_loop* of) {
  uint64_t now = __builtin_ia32_rdtsc();
  if ((int64_t)(now - pool->absent_since) < LATE_TICKS) return;
  pool->absent_since = now + REST_TICKS;
  for (int32_t i = 1; i < of->shares; i++) {
    if (!jtvmc_loop_begun(pool, of, i)) keep_off_callers_cpu(pool, &pool->members[i]);
  }
}

/*
 * Runs the caller's first piece while the line that describes the loop is still on its way: nothing
 * before it waits for that. A worker that falls asleep just then, so that neither it nor the caller
 * sees the other, is seen after it. Where workers are absent the caller looks after them meanwhile.
 */
static void begin_loop(jtvmc_pool* pool, const jtvmc_loop* next) {
  jtvmc_loop_publish(pool, next);
  int32_t parts = 1;
  if (wake_workers(pool, next->shares - 1)) {
    pool->absent_since = __builtin_ia32_rdtsc();
    parts = FIRST_PARTS;
  }
  for (int32_t part = 0; part < parts; part++) {
    jtvmc_loop_run_first(pool, next, part, parts);
    if (pool->absent_since) free_late_workers(pool, next);
  }
  __sync_synchronize();
  wake_workers(pool, next->shares - 1);
}

static int spin_for_end(const jtvmc_pool* pool, const jtvmc_loop* of) {
  uint64_t start = __builtin_ia32_rdtsc();
  do {
    for (int i = 0; i < 16; i++) {
      if (jtvmc_loop_is_over(pool, of)) return 1;
      __builtin_ia32_pause();
    }
  } while (__builtin_ia32_rdtsc() - start < pool->spin_ticks);
  return 0;
}

/* Waits for the pieces that others still run. */
static void wait_for_end(jtvmc_pool* pool, const jtvmc_loop* of) {
  if (spin_for_end(pool, of)) return;
  do {
    __atomic_store_n(&pool->caller_sleeps, 1, __ATOMIC_SEQ_CST);
    __sync_synchronize();
    if (!jtvmc_loop_is_over(pool, of)) futex(&pool->caller_sleeps, FUTEX_WAIT_PRIVATE, 1);
    __atomic_store_n(&pool->caller_sleeps, 0, __ATOMIC_RELAXED);
  } while (!jtvmc_loop_is_over(pool, of));
}

/* ---- Pools ---- */

/* The workers are gone and the words may be in any state: begin anew in this process. The number
   goes on, because of what the members' shares say. */
static void reset(jtvmc_pool* pool) {
  pool->number++;
  pool->started = -1;
  pool->caller_sleeps = 0;
  pool->absent_since = 0;
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
  size_t size = sizeof(jtvmc_pool) + (size_t)num_threads * sizeof(jtvmc_member);
  jtvmc_pool* pool = aligned_alloc(JTVMC_CACHE_LINE, size);
  if (!pool) return NULL;
  memset(pool, 0, size);
  pool->num_threads = num_threads;
  /* With more threads than cores a spinning thread keeps the one it waits for from running. */
  pool->spin_ticks = num_threads <= cores ? SPIN_TICKS : 0;
  pool->same_process = map_fork_mark();
  for (int32_t i = 0; i < num_threads; i++) pool->members[i].home = -1;
  reset(pool);
  return pool;
}

int jtvmc_pool_bind(jtvmc_pool* pool) {
  int32_t cpus[JTVMC_MAX_THREADS];
  if (jtvmc_core_cpus(cpus, pool->num_threads) < pool->num_threads) return 0;
  for (int32_t i = 0; i < pool->num_threads; i++) pool->members[i].home = cpus[i];
  return 1;
}

int32_t jtvmc_pool_home(const jtvmc_pool* pool) { return pool ? pool->members[0].home : -1; }

void jtvmc_pool_stop(jtvmc_pool* pool) {
  if (!owned_by_this_process(pool) || __atomic_exchange_n(&pool->busy, 1, __ATOMIC_ACQUIRE)) return;
  if (pool->started <= 0) return;
  __atomic_store_n(&pool->stop, 1, __ATOMIC_RELEASE);
  jtvmc_loop none = {.number = pool->number + 1};
  jtvmc_loop_publish(pool, &none);
  __sync_synchronize();
  wake_workers(pool, pool->started);
  for (int32_t i = 1; i <= pool->started; i++) pthread_join(pool->members[i].thread, NULL);
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
  /* Workers have looked at it; the first piece gives it the time to come back. */
  __builtin_prefetch(&pool->members[0].taken, 1);
  int32_t threads = pool->started + 1;
  int32_t shares = extent < threads ? (int32_t)extent : threads;
  jtvmc_loop next = {
      .number = pool->number + 1,
      .body = body,
      .closure = closure,
      .extent = extent,
      .shares = shares,
      .pieces = extent / shares < PIECES ? (int32_t)(extent / shares) : PIECES,
  };
  pool->status = 0;
  locate(&pool->members[0]);
  begin_loop(pool, &next);
  jtvmc_loop_run(pool, &next, 0, 1);
  wait_for_end(pool, &next);
  if (jtvmc_loop_all_took_part(pool, &next)) {
    pool->absent_since = 0;
  } else if (pool->absent_since == 0) {
    pool->absent_since = __builtin_ia32_rdtsc();
  }
  int32_t status = __atomic_load_n(&pool->status, __ATOMIC_RELAXED);
  __atomic_store_n(&pool->busy, 0, __ATOMIC_RELEASE);
  return status;
}
