#include "host.h"

int32_t jtvmc_host_topk(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

/* An element by its order: the smaller key, and of equals the smaller index, comes first. */
typedef struct {
  uint64_t key;
  int64_t index;
} candidate;

static int32_t is_before(candidate a, candidate b) {
  return a.key < b.key || (a.key == b.key && a.index < b.index);
}

/* Lets what is at a place of a heap, whose last is at the top, sink to where it belongs. */
static void sink(candidate* heap, int64_t count, int64_t at) {
  candidate moved = heap[at];
  for (int64_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && is_before(heap[child], heap[child + 1])) child++;
    if (!is_before(moved, heap[child])) break;
    heap[at] = heap[child];
  }
  heap[at] = moved;
}

/* data; values, positions; scratch; element, outer, length, inner, k, largest */
int32_t jtvmc_host_topk(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const char* data = buffers[0];
  char* values = buffers[1];
  int64_t* positions = buffers[2];
  candidate* heap = buffers[3];
  const int64_t* parameters = buffers[4];
  jtvmc_element element = jtvmc_element_of(parameters[0]);
  int64_t length = parameters[2];
  int64_t inner = parameters[3];
  int64_t k = parameters[4];
  uint64_t turned = parameters[5] ? UINT64_MAX : 0;
  if (k > length) return JTVMC_REFUSED;
  if (k == 0) return 0;
  for (int64_t row = 0; row < parameters[1] * inner; row++) {
    int64_t from = row / inner * length * inner + row % inner;
    int64_t to = row / inner * k * inner + row % inner;
    for (int64_t i = 0; i < length; i++) {
      candidate next = {jtvmc_element_key(element, data, from + i * inner) ^ turned, i};
      if (i < k) {
        heap[i] = next;
        if (i == k - 1) {
          for (int64_t at = k / 2; at-- > 0;) sink(heap, k, at);
        }
      } else if (is_before(next, heap[0])) {
        heap[0] = next;
        sink(heap, k, 0);
      }
    }
    for (int64_t i = k - 1; i >= 0; i--) {
      int64_t index = heap[0].index;
      heap[0] = heap[i];
      sink(heap, i, 0);
      positions[to + i * inner] = index;
      memcpy(values + (to + i * inner) * element.bytes,
             data + (from + index * inner) * element.bytes, (size_t)element.bytes);
    }
  }
  return 0;
}
