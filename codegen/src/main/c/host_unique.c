#include "host.h"

int32_t jtvmc_host_unique(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

typedef struct {
  const void* data;
  jtvmc_element element;
  int64_t outer;
  int64_t count;
  int64_t inner;
} slices;

/* Negative where slice a is less than b, positive where it is greater. */
static int32_t compare(const slices* all, int64_t a, int64_t b) {
  for (int64_t o = 0; o < all->outer; o++) {
    for (int64_t i = 0; i < all->inner; i++) {
      int64_t base = o * all->count;
      uint64_t left = jtvmc_element_key(all->element, all->data, (base + a) * all->inner + i);
      uint64_t right = jtvmc_element_key(all->element, all->data, (base + b) * all->inner + i);
      if (left != right) return left < right ? -1 : 1;
    }
  }
  return 0;
}

static int32_t is_less(const void* context, int64_t a, int64_t b) {
  return compare(context, a, b) < 0;
}

/* data; values, firsts, groups, counts, sizes; element, outer, count, inner, sorted, axis, rank,
   shape... */
int32_t jtvmc_host_unique(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  char* values = buffers[1];
  int64_t* firsts = buffers[2];
  int64_t* groups = buffers[3];
  int64_t* counts = buffers[4];
  int64_t* sizes = buffers[5];
  const int64_t* parameters = buffers[6];
  slices all = {buffers[0], jtvmc_element_of(parameters[0]), parameters[1], parameters[2],
                parameters[3]};
  int64_t axis = parameters[5];
  int64_t rank = parameters[6];
  for (int64_t i = 0; i < all.count; i++) firsts[i] = i;
  jtvmc_sort(firsts, counts, all.count, is_less, &all);

  /* The order is stable: the first of each run of equals is the one that comes first. */
  int64_t first = 0;
  for (int64_t at = 0; at < all.count; at++) {
    if (at == 0 || compare(&all, first, firsts[at]) != 0) first = firsts[at];
    groups[firsts[at]] = first;
  }
  /* Groups are numbered in the order that is asked for; counts maps their first slice to that. */
  int64_t found = 0;
  for (int64_t at = 0; at < all.count; at++) {
    int64_t slice = parameters[4] ? firsts[at] : at;
    if (groups[slice] != slice) continue;
    counts[slice] = found;
    firsts[found++] = slice;
  }
  for (int64_t slice = 0; slice < all.count; slice++) groups[slice] = counts[groups[slice]];
  memset(counts, 0, (size_t)all.count * sizeof *counts);
  for (int64_t slice = 0; slice < all.count; slice++) counts[groups[slice]]++;
  for (int64_t at = found; at < all.count; at++) firsts[at] = 0;

  int64_t bytes = all.inner * all.element.bytes;
  memset(values, 0, (size_t)(all.outer * all.count * bytes));
  for (int64_t o = 0; o < all.outer; o++) {
    for (int64_t at = 0; at < found; at++) {
      memcpy(values + (o * all.count + at) * bytes,
             (const char*)all.data + (o * all.count + firsts[at]) * bytes, (size_t)bytes);
    }
  }
  for (int64_t d = 0; d < rank; d++) sizes[d] = d == axis ? found : parameters[7 + d];
  return 0;
}
