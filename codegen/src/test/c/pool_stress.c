/*
 * Many threads on shared and own pools, nested loops, loops smaller than the pool, errors, pauses
 * long enough for the workers to sleep, pools made and destroyed, threads held up, threads moved to
 * other CPUs, fork. Run plain and under the
 * thread, address and undefined-behaviour sanitizers. Prints "ok" and returns 0.
 */
#include <pthread.h>
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

static void check_placement(void) {
  jtvmc_cpu_set before;
  CHECK(jtvmc_allowed_cpus(&before));
  for (int i = 0; i < 20; i++) {
    int32_t cpu = jtvmc_current_cpu();
    jtvmc_cpu_set others = before;
    jtvmc_exclude_cpu(&others, cpu);
    int moved = jtvmc_move_to(&others, &before);
    static const jtvmc_cpu_set none;
    CHECK(moved == (memcmp(&others, &none, sizeof none) != 0));
    jtvmc_cpu_set after;
    CHECK(jtvmc_allowed_cpus(&after));
    CHECK(memcmp(&before, &after, sizeof before) == 0);
  }
  jtvmc_exclude_cpu(&before, -1);
  jtvmc_exclude_cpu(&before, JTVMC_MAX_CPUS);
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
