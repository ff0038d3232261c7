#include "jtvmc_pool.h"

#include "placement.h"
#include "system.h"

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Memory is shared out in pieces of so many bytes. */
#define PIECE 4096

typedef struct span {
  char* start;
  int64_t bytes;
} span;

static int32_t read_pieces(void* closure, int64_t begin, int64_t end) {
  const volatile char* start = ((span*)closure)->start;
  for (int64_t at = begin * PIECE; at < end * PIECE; at += JTVMC_CACHE_LINE) (void)start[at];
  return 0;
}

static int32_t write_pieces(void* closure, int64_t begin, int64_t end) {
  const span* whole = closure;
  volatile char* start = whole->start;
  int64_t last = end * PIECE < whole->bytes ? end * PIECE : whole->bytes;
  for (int64_t at = begin * PIECE; at < last; at += JTVMC_CACHE_LINE) start[at] = start[at];
  return 0;
}

static void surround(const jtvmc_surroundings* before, jtvmc_pool* pool) {
  span stream = {before->stream, before->stream_bytes};
  jtvmc_parallel_for(pool, read_pieces, &stream, stream.bytes / PIECE);
  for (int64_t i = 0; i < before->num_written; i++) {
    span written = {before->written[i], before->written_bytes[i]};
    jtvmc_parallel_for(pool, write_pieces, &written, (written.bytes + PIECE - 1) / PIECE);
  }
}

static int32_t take_samples(jtvmc_kernel kernel, void** buffers, jtvmc_pool* pool, int64_t repeat,
                            int64_t number, const jtvmc_surroundings* before, double* samples) {
  for (int64_t sample = 0; sample < repeat; sample++) {
    if (before) surround(before, pool);
    int64_t start = now_ns();
    for (int64_t call = 0; call < number; call++) {
      int32_t status = kernel(buffers, pool);
      if (status != 0) return status;
    }
    samples[sample] = (double)(now_ns() - start) / (double)number;
  }
  return 0;
}

int32_t jtvmc_measure(jtvmc_kernel kernel, void** buffers, jtvmc_pool* pool, int64_t repeat,
                      int64_t number, const jtvmc_surroundings* before, double* samples) {
  jtvmc_cpu_set allowed;
  int bound = jtvmc_bind_to(jtvmc_pool_home(pool), &allowed);
  int32_t status = take_samples(kernel, buffers, pool, repeat, number, before, samples);
  if (bound) jtvmc_allow(&allowed);
  return status;
}
