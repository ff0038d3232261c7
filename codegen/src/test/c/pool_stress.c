/*
 * Many threads on shared and own pools, nested loops, loops smaller than the pool, errors, pauses
 * long enough for the workers to sleep, pools made and destroyed, threads held up, workers kept off
 * the caller's CPU, fork. Run plain and under the thread, address and undefined-behaviour sanitizers. Prints "ok" and returns 0.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "jtvmc_pool.h"
#include "placement.h"

#define CALLERS 6
#define MAX_EXTENT 97

#define CHECK(condition)                                               \
  do {                                                                 \
    if (!(condition)) {                                                \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      abort();                                                         \
    }                                                                  \
  } while (0)

typedef struct {
  jtvmc_pool* pool;
  int64_t extent;
  int32_t counts[MAX_EXTENT];
  int32_t nested[MAX_EXTENT];
} work;

static int32_t count_nested(void* closure, int64_t begin, int64_t end) {
  int32_t* total = closure;
  for (int64_t i = begin; i < end; i++) __atomic_fetch_add(total, 1, __ATOMIC_RELAXED);
  return 0;
}

static int32_t count(void* closure, int64_t begin, int64_t end) {
  work* w = closure;
  CHECK(0 <= begin && begin < end && end <= w->extent);
  for (int64_t i = begin; i < end; i++) {
    w->counts[i]++;
    jtvmc_parallel_for(w->pool, count_nested, &w->nested[i], 5);
  }
  return 0;
}

static int32_t fail_at_last(void* closure, int64_t begin, int64_t end) {
  (void)begin;
  return end == *(int64_t*)closure ? 42 : 0;
}

static void run_loops(jtvmc_pool* pool, unsigned seed, int loops) {
  for (int loop = 0; loop < loops; loop++) {
    work w;
    memset(&w, 0, sizeof w);
    w.pool = pool;
    w.extent = rand_r(&seed) % MAX_EXTENT + 1;
    CHECK(jtvmc_parallel_for(pool, count, &w, w.extent) == 0);
    for (int64_t i = 0; i < MAX_EXTENT; i++) {
      CHECK(w.counts[i] == (i < w.extent));
      CHECK(w.nested[i] == (i < w.extent ? 5 : 0));
    }
    int64_t extent = w.extent;
    CHECK(jtvmc_parallel_for(pool, fail_at_last, &extent, extent) == 42);
    if (loop % 64 == 0) {
      struct timespec pause = {0, 300000};
      nanosleep(&pause, NULL);
    }
  }
}

static int loops_of_each_caller;

static void* share_pool(void* pool) {
  run_loops(pool, (unsigned)(uintptr_t)&pool, loops_of_each_caller);
  return NULL;
}

static void* make_own_pools(void* unused) {
  (void)unused;
  for (int i = 0; i < loops_of_each_caller / 20; i++) {
    jtvmc_pool* own = jtvmc_pool_create(1 + i % 5);
    CHECK(own);
    run_loops(own, (unsigned)i, 3);
    if (i % 7 == 0) {
      jtvmc_pool_stop(own);
      run_loops(own, (unsigned)i, 1);
    }
    jtvmc_pool_destroy(own);
  }
  return NULL;
}

typedef struct {
  pthread_t caller;
  int64_t pieces;
  int64_t done;
} held_loop;

/* A piece that the worker takes ends only when all others are done: the caller has to do them. */
static int32_t hold_worker(void* closure, int64_t begin, int64_t end) {
  held_loop* loop = closure;
  if (!pthread_equal(pthread_self(), loop->caller)) {
    struct timespec moment = {0, 100000};
    for (int i = 0; __atomic_load_n(&loop->done, __ATOMIC_RELAXED) < loop->pieces - 1; i++) {
      CHECK(i < 100000);
      nanosleep(&moment, NULL);
    }
  }
  __atomic_fetch_add(&loop->done, end - begin, __ATOMIC_RELAXED);
  return 0;
}

static void check_stealing(void) {
  jtvmc_pool* pool = jtvmc_pool_create(2);
  for (int i = 0; i < 50; i++) {
    held_loop loop = {pthread_self(), 8, 0};
    CHECK(jtvmc_parallel_for(pool, hold_worker, &loop, loop.pieces) == 0);
    CHECK(loop.done == loop.pieces);
  }
  jtvmc_pool_destroy(pool);
}

static int may_run_on(pid_t thread, int cpu) {
  cpu_set_t set;
  CHECK(sched_getaffinity(thread, sizeof set, &set) == 0);
  return CPU_ISSET(cpu, &set);
}

/* A CPU is taken from a thread that has others, and given back. */
static void check_placement(void) {
  cpu_set_t before, after;
  CHECK(sched_getaffinity(0, sizeof before, &before) == 0);
  for (int i = 0; i < 20; i++) {
    int cpu = jtvmc_current_cpu();
    int taken = jtvmc_forbid_cpu(gettid(), cpu);
    CHECK(taken == (CPU_COUNT(&before) > 1));
    CHECK(may_run_on(0, cpu) == !taken);
    CHECK(!taken || jtvmc_current_cpu() != cpu);
    CHECK(!taken || !jtvmc_forbid_cpu(gettid(), cpu));
    jtvmc_allow_cpu(cpu);
    CHECK(sched_getaffinity(0, sizeof after, &after) == 0);
    CHECK(CPU_EQUAL(&before, &after));
  }
  CHECK(!jtvmc_forbid_cpu(gettid(), -1));
  CHECK(!jtvmc_forbid_cpu(gettid(), JTVMC_MAX_CPUS));
}

typedef struct {
  pid_t caller;
  pid_t worker; /* 0: not known yet */
  cpu_set_t all;
  int cpu;       /* the caller's */
  int kept_off;  /* loops in which the worker was kept off it */
  int let_go;    /* the worker is no longer bound in this loop */
  int came;      /* the worker has run a piece of this loop */
} shared_cpu;

static int32_t wait_for_worker(void* closure, int64_t begin, int64_t end) {
  (void)begin;
  (void)end;
  shared_cpu* s = closure;
  if (gettid() != s->caller) {
    __atomic_store_n(&s->worker, gettid(), __ATOMIC_RELAXED);
    if (!__atomic_exchange_n(&s->came, 1, __ATOMIC_RELAXED)) s->kept_off += !may_run_on(0, s->cpu);
    return 0;
  }
  pid_t worker = __atomic_load_n(&s->worker, __ATOMIC_RELAXED);
  if (worker && !s->let_go) {
    CHECK(sched_setaffinity(worker, sizeof s->all, &s->all) == 0);
    s->let_go = 1;
  }
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  do {
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while (!__atomic_load_n(&s->came, __ATOMIC_RELAXED) &&
           (now.tv_sec - start.tv_sec) * 1000000000 + now.tv_nsec - start.tv_nsec < 100000);
  return 0;
}

/*
 * A worker that is woken on the caller's CPU is sent to another one, and may run everywhere again
 * once it has run its share. Here it is woken there because it is bound to it meanwhile. A tick of
 * the clock may let it run before it is sent away, but not each time.
 */
static void check_worker_leaves(void) {
  shared_cpu s = {.caller = gettid()};
  CHECK(sched_getaffinity(0, sizeof s.all, &s.all) == 0);
  if (jtvmc_cpu_count() < 2) return;
  jtvmc_pool* pool = jtvmc_pool_create(2);
  s.cpu = jtvmc_current_cpu();
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(s.cpu, &one);
  CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
  struct timespec pause = {0, 1000000};
  for (int i = 0; i < 1000 && s.kept_off < 3; i++) {
    s.came = s.let_go = 0;
    CHECK(jtvmc_parallel_for(pool, wait_for_worker, &s, 64) == 0);
    nanosleep(&pause, NULL);
    if (s.worker) {
      for (int wait = 0; !may_run_on(s.worker, s.cpu); wait++) {
        CHECK(wait < 10000);
        nanosleep(&pause, NULL);
      }
      CHECK(sched_setaffinity(s.worker, sizeof one, &one) == 0);
    }
  }
  CHECK(s.kept_off > 0);
  CHECK(sched_setaffinity(0, sizeof s.all, &s.all) == 0);
  jtvmc_pool_destroy(pool);
}

static void check_fork(jtvmc_pool* pool) {
  run_loops(pool, 7, 2);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    run_loops(pool, 8, 20);
    jtvmc_pool_destroy(pool);
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  run_loops(pool, 9, 2);
}

int main(int argc, char** argv) {
  loops_of_each_caller = argc > 1 ? atoi(argv[1]) : 1000;
  int with_fork = argc > 2 ? atoi(argv[2]) : 1;
  CHECK(jtvmc_cpu_count() >= 1);
  run_loops(NULL, 1, 3);
  check_stealing();
  check_placement();
  check_worker_leaves();
  for (int32_t threads = 1; threads <= 4; threads++) {
    jtvmc_pool* pool = jtvmc_pool_create(threads);
    CHECK(pool && jtvmc_pool_threads(pool) == threads);
    pthread_t callers[CALLERS + 1];
    for (int i = 0; i < CALLERS; i++) {
      CHECK(pthread_create(&callers[i], NULL, share_pool, pool) == 0);
    }
    CHECK(pthread_create(&callers[CALLERS], NULL, make_own_pools, NULL) == 0);
    for (int i = 0; i <= CALLERS; i++) CHECK(pthread_join(callers[i], NULL) == 0);
    if (with_fork) check_fork(pool);
    jtvmc_pool_destroy(pool);
  }
  puts("ok");
  return 0;
}
