#include "jtvmc_pool.h"

#include "cpu_count.h"
#include "placement.h"
#include "system.h"

/*
 * How long an idle thread spins before it sleeps, in ticks of the time stamp counter: 50 to 100
 * microseconds, about the length of the serial stretch between two kernels of a model.
 */
#define SPIN_TICKS 200000u

/* A worker that found itself on another member's CPU does not look again for this long, so that it
   does not wander where there are fewer free CPUs than it takes them for. */
#define REST_TICKS 2000000u

/* The most pieces that a member's share of a loop is cut into. */
#define PIECES 4

/*
 * The state of a pool in one word: the number of its latest loop; whether that is open, so that
 * workers may join it; whether its caller sleeps; and how many workers are in it.
 */
#define NUMBER_SHIFT 16
#define OPEN ((uint64_t)0x8000)
#define CALLER_SLEEPS ((uint64_t)0x4000)
#define INSIDE ((uint64_t)0x3fff)

/* A thread of a pool: the caller of a loop, which is member 0, or a worker. */
typedef struct {
  /* The pieces taken of this member's share: the loop's number and how many, as one word, so that
     nobody needs to reset it. What it says of earlier loops means none. */
  _Alignas(JTVMC_CACHE_LINE) uint64_t taken;

  /* What the caller looks at in each loop, and a worker seldom changes. */
  _Alignas(JTVMC_CACHE_LINE) uint32_t asleep; /* 1 while the worker waits on this word */
  int32_t cpu;                                /* where it last ran; -1: not known */
  int32_t index;
  int32_t home; /* the CPU it is bound to; -1: to none */
  jtvmc_pool* pool;
  unsigned long thread;

  /* The worker's own. */
  _Alignas(JTVMC_CACHE_LINE) uint64_t seen; /* the number of the latest loop it knows of */
  uint64_t moved_at;
} member;

struct jtvmc_pool {
  /* The loop. Written by the owner of `busy` while the pool is neither open nor any worker inside;
     read by workers that are. */
  _Alignas(JTVMC_CACHE_LINE) uint64_t state;
  jtvmc_body body;
  void* closure;
  int64_t extent;
  int32_t shares; /* as many members have one; workers look at it before they join */
  int32_t pieces; /* of each share */
  int32_t status;

  _Alignas(JTVMC_CACHE_LINE) uint32_t busy; /* one caller owns the workers */
  uint32_t stop;
  int32_t num_threads; /* asked for, the caller included */
  int32_t started;     /* workers that run; -1 before the first loop */
  uint32_t spin_ticks; /* 0: more threads than cores */
  int32_t pid;
  /* 1 in the process that made the pool (or took it over); a page the kernel clears for a child
     of fork. NULL where the kernel cannot: then pid tells. */
  uint32_t* same_process;
  member members[];
};

static long futex(uint32_t* word, int operation, uint32_t value) {
  return syscall(SYS_FUTEX, word, operation, value, NULL, NULL, 0);
}

static int32_t current_pid(void) { return (int32_t)syscall(SYS_GETPID); }

static uint64_t state_of(const jtvmc_pool* pool) {
  return __atomic_load_n(&pool->state, __ATOMIC_ACQUIRE);
}

/* The half of the state that changes while a loop runs, to wait on. */
static uint32_t* low_half(jtvmc_pool* pool) { return (uint32_t*)&pool->state; }

/* ---- The work ---- */

/* Takes the next piece of a member's share; -1 when none is left. */
static int32_t take_piece(member* owner, uint64_t number, int32_t pieces) {
  uint64_t taken = __atomic_load_n(&owner->taken, __ATOMIC_RELAXED);
  uint64_t next;
  do {
    next = taken >> NUMBER_SHIFT == number ? taken & 0xffff : 0;
    if (next == (uint64_t)pieces) return -1;
  } while (!__atomic_compare_exchange_n(&owner->taken, &taken, number << NUMBER_SHIFT | (next + 1),
                                        1, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return (int32_t)next;
}

/* Where part `index` of [0, extent) begins when it is cut into equal parts, the longer ones first. */
static int64_t begin_of(int64_t extent, int32_t parts, int32_t index) {
  int64_t longer = extent % parts;
  return extent / parts * index + (index < longer ? index : longer);
}

static void run_piece(jtvmc_pool* pool, int32_t share, int32_t piece) {
  int64_t begin = begin_of(pool->extent, pool->shares, share);
  int64_t size = begin_of(pool->extent, pool->shares, share + 1) - begin;
  int32_t status = pool->body(pool->closure, begin + begin_of(size, pool->pieces, piece),
                              begin + begin_of(size, pool->pieces, piece + 1));
  if (status != 0) __atomic_store_n(&pool->status, status, __ATOMIC_RELAXED);
}

/* Runs a member's own share, then what the others have not yet begun. */
static void run_pieces(jtvmc_pool* pool, uint64_t number, int32_t self) {
  int32_t share = self;
  do {
    member* owner = &pool->members[share];
    int32_t piece;
    while ((piece = take_piece(owner, number, pool->pieces)) >= 0) run_piece(pool, share, piece);
    share = share + 1 == pool->shares ? 0 : share + 1;
  } while (share != self);
}

/* ---- Workers ---- */

/* Notes where a member runs. */
static void locate(member* self) {
  int32_t cpu = jtvmc_current_cpu();
  if (cpu != self->cpu) __atomic_store_n(&self->cpu, cpu, __ATOMIC_RELAXED);
}

static int runs_on_callers_cpu(member* self) {
  locate(self);
  return self->cpu >= 0 &&
         self->cpu == __atomic_load_n(&self->pool->members[0].cpu, __ATOMIC_RELAXED);
}

/*
 * Moves off the caller's CPU. A woken thread may find itself there although another CPU is idle:
 * to the scheduler of a virtual machine, an idle CPU that the host has taken away looks busy. The
 * two would then run in turn.
 */
static void leave_callers_cpu(member* self) {
  const jtvmc_pool* pool = self->pool;
  uint64_t now = __builtin_ia32_rdtsc();
  if (pool->spin_ticks == 0 || now - self->moved_at < REST_TICKS) return;
  self->moved_at = now;
  jtvmc_cpu_set allowed;
  if (!jtvmc_allowed_cpus(&allowed)) return;
  jtvmc_cpu_set wanted = allowed;
  for (int32_t i = 0; i < pool->num_threads; i++) {
    const member* other = &pool->members[i];
    if (!__atomic_load_n(&other->asleep, __ATOMIC_RELAXED)) {
      jtvmc_exclude_cpu(&wanted, __atomic_load_n(&other->cpu, __ATOMIC_RELAXED));
    }
  }
  if (jtvmc_move_to(&wanted, &allowed)) locate(self);
}

static int is_news(const member* self, uint64_t state) {
  return state >> NUMBER_SHIFT != self->seen;
}

/* Spins until there is a loop this worker has not seen, and gives the state then; for nothing when
   there still is none after a while, or when the spinning keeps the caller from running. */
static uint64_t spin_for_loop(member* self) {
  const jtvmc_pool* pool = self->pool;
  uint64_t start = __builtin_ia32_rdtsc();
  uint64_t state;
  do {
    for (int i = 0; i < 16; i++) {
      state = state_of(pool);
      if (is_news(self, state)) return state;
      __builtin_ia32_pause();
    }
  } while (__builtin_ia32_rdtsc() - start < pool->spin_ticks && !runs_on_callers_cpu(self));
  return state;
}

static uint64_t wait_for_loop(member* self) {
  uint64_t state = spin_for_loop(self);
  while (!is_news(self, state)) {
    /* Sequentially consistent on both sides: either the caller sees this sleeper and wakes it, or
       the sleeper sees the caller's loop. */
    __atomic_store_n(&self->asleep, 1, __ATOMIC_SEQ_CST);
    state = __atomic_load_n(&self->pool->state, __ATOMIC_SEQ_CST);
    if (!is_news(self, state)) futex(&self->asleep, FUTEX_WAIT_PRIVATE, 1);
    __atomic_store_n(&self->asleep, 0, __ATOMIC_RELAXED);
    state = state_of(self->pool);
  }
  return state;
}

/* Enters the loop that the worker has just seen, unless it is over. */
static int join(jtvmc_pool* pool, uint64_t number) {
  uint64_t state = state_of(pool);
  while (state >> NUMBER_SHIFT == number && (state & OPEN)) {
    if (__atomic_compare_exchange_n(&pool->state, &state, state + 1, 1, __ATOMIC_ACQUIRE,
                                    __ATOMIC_ACQUIRE)) {
      return 1;
    }
  }
  return 0;
}

static void leave(jtvmc_pool* pool) {
  uint64_t before = __atomic_fetch_sub(&pool->state, 1, __ATOMIC_ACQ_REL);
  if ((before & (INSIDE | CALLER_SLEEPS)) == (CALLER_SLEEPS | 1)) {
    futex(low_half(pool), FUTEX_WAKE_PRIVATE, 1);
  }
}

static void* worker_main(void* argument) {
  member* self = argument;
  jtvmc_pool* pool = self->pool;
  char name[16];
  snprintf(name, sizeof name, "jtvmc-%d", self->index);
  syscall(SYS_PRCTL, PR_SET_NAME, name, 0, 0, 0);
  jtvmc_bind_to(self->home, NULL);
  for (;;) {
    uint64_t number = wait_for_loop(self) >> NUMBER_SHIFT;
    self->seen = number;
    if (__atomic_load_n(&pool->stop, __ATOMIC_ACQUIRE)) return NULL;
    if (self->index >= __atomic_load_n(&pool->shares, __ATOMIC_RELAXED)) continue;
    if (runs_on_callers_cpu(self)) leave_callers_cpu(self);
    if (join(pool, number)) {
      run_pieces(pool, number, self->index);
      leave(pool);
    }
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
    member* next = &pool->members[pool->started + 1];
    next->asleep = 0;
    next->cpu = -1;
    next->index = pool->started + 1;
    next->seen = state_of(pool) >> NUMBER_SHIFT;
    next->pool = pool;
    if (pthread_create(&next->thread, NULL, worker_main, next) != 0) break;
    pool->started++;
  }
  syscall(SYS_RT_SIGPROCMASK, SIG_SETMASK, &before, NULL, sizeof before);
}

/* ---- The caller ---- */

/* Gives the state the next number, and wakes the first `count` workers where they sleep. */
static uint64_t announce(jtvmc_pool* pool, uint64_t flags, int32_t count) {
  uint64_t number = (state_of(pool) >> NUMBER_SHIFT) + 1;
  __atomic_store_n(&pool->state, number << NUMBER_SHIFT | flags, __ATOMIC_SEQ_CST);
  for (int32_t i = 1; i <= count; i++) {
    uint32_t* asleep = &pool->members[i].asleep;
    if (__atomic_load_n(asleep, __ATOMIC_SEQ_CST) &&
        __atomic_exchange_n(asleep, 0, __ATOMIC_RELAXED)) {
      futex(asleep, FUTEX_WAKE_PRIVATE, 1);
    }
  }
  return number;
}

/* Lets no more workers in, and waits until those inside have left. */
static void close_loop(jtvmc_pool* pool) {
  uint64_t state = __atomic_and_fetch(&pool->state, ~OPEN, __ATOMIC_ACQ_REL);
  uint64_t start = __builtin_ia32_rdtsc();
  for (; state & INSIDE; state = state_of(pool)) {
    if (__builtin_ia32_rdtsc() - start < pool->spin_ticks) {
      __builtin_ia32_pause();
    } else if ((state & CALLER_SLEEPS) ||
               __atomic_compare_exchange_n(&pool->state, &state, state | CALLER_SLEEPS, 0,
                                           __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
      futex(low_half(pool), FUTEX_WAIT_PRIVATE, (uint32_t)(state | CALLER_SLEEPS));
    }
  }
}

/* ---- Pools ---- */

/* The workers are gone and the words may be in any state: begin anew in this process. The number
   goes on, because of what the members' shares say. */
static void reset(jtvmc_pool* pool) {
  pool->state = ((pool->state >> NUMBER_SHIFT) + 1) << NUMBER_SHIFT;
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
  size_t size = sizeof(jtvmc_pool) + (size_t)num_threads * sizeof(member);
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
  announce(pool, 0, pool->started);
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
  int32_t threads = pool->started + 1;
  int32_t shares = extent < threads ? (int32_t)extent : threads;
  pool->body = body;
  pool->closure = closure;
  pool->extent = extent;
  pool->pieces = extent / shares < PIECES ? (int32_t)(extent / shares) : PIECES;
  pool->status = 0;
  __atomic_store_n(&pool->shares, shares, __ATOMIC_RELAXED);
  locate(&pool->members[0]);
  uint64_t number = announce(pool, OPEN, shares - 1);
  run_pieces(pool, number, 0);
  close_loop(pool);
  int32_t status = pool->status;
  __atomic_store_n(&pool->busy, 0, __ATOMIC_RELEASE);
  return status;
}
