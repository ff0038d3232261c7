#include "jtvmc_pool.h"
#include "system.h"

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000 + time.tv_nsec;
}

int32_t jtvmc_measure(jtvmc_kernel kernel, void** buffers, jtvmc_pool* pool, int64_t repeat,
                      int64_t number, void* flush, int64_t flush_bytes, double* samples) {
  for (int64_t sample = 0; sample < repeat; sample++) {
    if (flush_bytes > 0) memset(flush, (int)(sample & 0x7f), (size_t)flush_bytes);
    int64_t start = now_ns();
    for (int64_t call = 0; call < number; call++) {
      int32_t status = kernel(buffers, pool);
      if (status != 0) return status;
    }
    samples[sample] = (double)(now_ns() - start) / (double)number;
  }
  return 0;
}
