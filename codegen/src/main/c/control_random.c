#include "control.h"

int32_t jtvmc_control_random(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

/* The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
   generators", 2014): every bit of the result depends on every bit given. */
static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/* What no other context has, nor this one in another process. */
static uint64_t chance_of(jtvmc_context* root) {
  if (root->chance == 0) {
    uint64_t drawn = 0;
    if (syscall(SYS_GETRANDOM, &drawn, sizeof drawn, 0L) != sizeof drawn) {
      struct timespec now = {0, 0};
      clock_gettime(CLOCK_MONOTONIC, &now);
      drawn = mix((uint64_t)(uintptr_t)root ^ mix((uint64_t)now.tv_nsec + ((uint64_t)now.tv_sec << 30)));
    }
    root->chance = drawn | 1;
  }
  return root->chance;
}

/*
 * Told: how many sizes there are, whether the numbers are doubles, the number of the step, whether
 * its seed counts, the seed. Reads sizes, and gives numbers between 0 and 1. They lie in the middle of
 * equal parts, of which there are as many as the mantissa can tell apart.
 */
int32_t jtvmc_control_random(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const int64_t* told = buffers[0];
  jtvmc_context* root = ((jtvmc_context*)buffers[1])->root;
  int64_t count = jtvmc_bytes_of(buffers[2], told[0], 1);
  uint64_t begin = told[3] ? (uint64_t)told[4] : chance_of(root);
  uint64_t state = mix(mix(begin) + mix((uint64_t)told[2] + ((uint64_t)++root->draws << 20)));
  float* floats = buffers[3];
  double* doubles = buffers[3];
  for (int64_t i = 0; i < count; i++) {
    state += 0x9e3779b97f4a7c15u;
    uint64_t drawn = mix(state);
    if (told[1]) {
      doubles[i] = ((double)(drawn >> 12) + 0.5) * 0x1p-52;
    } else {
      floats[i] = ((float)(drawn >> 41) + 0.5f) * 0x1p-23f;
    }
  }
  return 0;
}
