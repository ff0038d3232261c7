/*
 * While a kernel is measured on a bound pool, each of its threads may run on one CPU, another one
 * for each; afterwards the caller may run where it could before. The argument is the number of
 * threads. Prints "ok", or "few" where the machine has fewer cores than that, and returns 0.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jtvmc_pool.h"

#define CHECK(condition)                                               \
  do {                                                                 \
    if (!(condition)) {                                                \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      abort();                                                         \
    }                                                                  \
  } while (0)

enum { MOST_THREADS = 8, LOOPS = 50 };

typedef struct {
  pthread_barrier_t all_here; /* each thread gets one piece: nobody goes on before the others came */
  int threads;
  int bound;
  cpu_set_t allowed[MOST_THREADS];
} observation;

static observation seen;

static int32_t look(void* closure, int64_t begin, int64_t end) {
  observation* o = closure;
  for (int64_t i = begin; i < end; i++) {
    CHECK(sched_getaffinity(0, sizeof o->allowed[i], &o->allowed[i]) == 0);
  }
  pthread_barrier_wait(&o->all_here);
  return 0;
}

static int32_t kernel(void** buffers, jtvmc_pool* pool) {
  (void)buffers;
  CHECK(jtvmc_parallel_for(pool, look, &seen, seen.threads) == 0);
  cpu_set_t all;
  CPU_ZERO(&all);
  for (int i = 0; i < seen.threads; i++) {
    if (seen.bound) CHECK(CPU_COUNT(&seen.allowed[i]) == 1);
    CPU_OR(&all, &all, &seen.allowed[i]);
  }
  if (seen.bound) CHECK(CPU_COUNT(&all) == seen.threads);
  return 0;
}

static void measure(jtvmc_pool* pool) {
  cpu_set_t before, after;
  double samples[LOOPS];
  CHECK(sched_getaffinity(0, sizeof before, &before) == 0);
  CHECK(jtvmc_measure(kernel, NULL, pool, LOOPS, 2, NULL, samples) == 0);
  CHECK(sched_getaffinity(0, sizeof after, &after) == 0);
  CHECK(CPU_EQUAL(&before, &after));
}

int main(int argc, char** argv) {
  seen.threads = argc > 1 ? atoi(argv[1]) : 2;
  CHECK(seen.threads <= MOST_THREADS);
  CHECK(pthread_barrier_init(&seen.all_here, NULL, (unsigned)seen.threads) == 0);
  jtvmc_pool* free_pool = jtvmc_pool_create(seen.threads);
  measure(free_pool);
  for (int i = 0; i < seen.threads; i++) {
    cpu_set_t all;
    CHECK(sched_getaffinity(0, sizeof all, &all) == 0);
    CHECK(CPU_EQUAL(&all, &seen.allowed[i]));
  }
  jtvmc_pool_destroy(free_pool);

  jtvmc_pool* pool = jtvmc_pool_create(seen.threads);
  seen.bound = jtvmc_pool_bind(pool);
  if (seen.bound) measure(pool);
  jtvmc_pool_destroy(pool);
  puts(seen.bound ? "ok" : "few");
  return 0;
}
