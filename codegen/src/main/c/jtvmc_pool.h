/*
 * The thread pool that compiled kernels run on.
 *
 * Fork and join: a parallel loop is cut into one contiguous share for each thread, and a share into
 * a few pieces. Each thread runs its own share first and then the pieces that others have not yet
 * begun: a thread whose core is taken away, or that has not woken yet, holds up a loop by one piece
 * at most. Idle workers spin for a moment and then sleep on a futex. A worker that is woken on the
 * caller's CPU is sent to another that it is allowed; no thread is pinned but where it is asked for.
 *
 * - One loop at a time: a caller that finds the pool busy runs its whole loop itself. So nothing
 *   ever waits for the pool, and a parallel loop inside a parallel loop runs serially.
 * - After a fork() the child starts its own workers at its first parallel loop.
 * - No memory is allocated after jtvmc_pool_create, except the stacks of the threads when the
 *   first loop starts them.
 */
#ifndef JTVMC_POOL_H
#define JTVMC_POOL_H

#include <stdint.h>

typedef struct jtvmc_pool jtvmc_pool;

/* The work of one piece, [begin, end). Returns 0 or an error code. */
typedef int32_t (*jtvmc_body)(void* closure, int64_t begin, int64_t end);

/* A kernel: the data of the inputs, then of the outputs. Returns 0 or an error code. */
typedef int32_t (*jtvmc_kernel)(void** buffers, jtvmc_pool* pool);

/* The most threads a pool has. */
#define JTVMC_MAX_THREADS 1024

/* num_threads counts the caller; 0 means jtvmc_cpu_count(). NULL when out of memory. */
jtvmc_pool* jtvmc_pool_create(int32_t num_threads);

/*
 * Gives each thread of the pool a core of its own, for measuring: workers are bound to theirs when
 * they start, which the first loop makes them do, and the caller while it measures. Returns 0 and
 * binds nothing where there are fewer cores than threads.
 */
int jtvmc_pool_bind(jtvmc_pool* pool);

/* The CPU of the core that is the caller's; -1 where threads are not bound, and for NULL. */
int32_t jtvmc_pool_home(const jtvmc_pool* pool);

/* Stops and joins the workers, unless a loop is running. Loops begun later run serially. */
void jtvmc_pool_stop(jtvmc_pool* pool);

/* Stops and frees the pool. No loop may be running. NULL is allowed. */
void jtvmc_pool_destroy(jtvmc_pool* pool);

/* Threads that serve a loop, the caller included; 1 for NULL. */
int32_t jtvmc_pool_threads(const jtvmc_pool* pool);

/*
 * Runs body over [0, extent), piece by piece. A NULL pool means serially and at once. All pieces
 * run to their end; the result is 0 or the code of one that failed.
 */
int32_t jtvmc_parallel_for(jtvmc_pool* pool, jtvmc_body body, void* closure, int64_t extent);

/* Cores this process may use: the least of the affinity mask (siblings of one core counted once)
   and the cgroup's quota (v1 and v2, rounded down), at least 1. */
int32_t jtvmc_cpu_count(void);

/*
 * What happens in a network before a kernel is called: the kernels before it have read enough to
 * push its weights out of the second cache, and have just written what it reads, each thread its
 * share of the rows.
 */
typedef struct jtvmc_surroundings {
  char* stream; /* memory that is read, shared out among the threads */
  int64_t stream_bytes;
  char** written; /* memory that is written, as it is */
  const int64_t* written_bytes;
  int64_t num_written;
} jtvmc_surroundings;

/*
 * Times a kernel: calls it `number` times for each of `repeat` samples and stores the nanoseconds
 * of one call, averaged over the sample, in samples[]. Before each sample, and outside of its time,
 * stands what happens in a network (NULL: nothing). The caller stays on its core meanwhile, where
 * the pool is bound. Returns the first non-zero code of the kernel, at which it stops.
 */
int32_t jtvmc_measure(jtvmc_kernel kernel, void** buffers, jtvmc_pool* pool, int64_t repeat,
                      int64_t number, const jtvmc_surroundings* before, double* samples);

#endif /* JTVMC_POOL_H */
