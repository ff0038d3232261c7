/*
 * What stands in for the CUDA driver's maps of tensors (CUtensorMap), and is checked as the driver's
 * documentation of cuTensorMapEncodeTiled says. Only maps of plain tiles with 128-byte swizzling.
 */
#ifndef FAKE_TENSOR_MAP_H
#define FAKE_TENSOR_MAP_H

#include <stdint.h>

enum { FAKE_MAP_BYTES = 128, FAKE_MOST_DIMENSIONS = 5 };

static const uint64_t FAKE_MAP_MAGIC = 0x70616d726f736e74;

typedef struct {
  uint64_t magic, address;
  uint32_t element_bytes, rank;
  uint64_t sizes[5]; /* innermost first */
  uint64_t strides[4];
  uint16_t box[5], reserved[11];
} fake_tensor_map;

_Static_assert(sizeof(fake_tensor_map) == FAKE_MAP_BYTES, "as large as a CUtensorMap");

/* 0, or 1 where the driver would say that an argument is invalid. */
static int fake_encode_map(void *to, int type, uint32_t rank, uint64_t address, const uint64_t *sizes,
                           const uint64_t *strides, const uint32_t *box, const uint32_t *steps,
                           int interleave, int swizzle, int promotion, int fill) {
  static const uint32_t bytes_of[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2, 4, 4, 4};
  fake_tensor_map *map = to;
  if ((uintptr_t)to % 64 || type < 0 || type > 12 || rank < 1 || rank > 5 || address % 16 ||
      interleave != 0 || swizzle != 3 || promotion < 0 || promotion > 3 || fill != 0) {
    return 1;
  }
  *map = (fake_tensor_map){.magic = FAKE_MAP_MAGIC, .address = address, .element_bytes = bytes_of[type], .rank = rank};
  if (box[0] * map->element_bytes > 128 || box[0] * map->element_bytes % 16) return 1;
  for (uint32_t i = 0; i < rank; i++) {
    if (sizes[i] < 1 || sizes[i] > (uint64_t)1 << 32 || box[i] < 1 || box[i] > 256 || steps[i] != 1) {
      return 1;
    }
    map->sizes[i] = sizes[i];
    map->box[i] = (uint16_t)box[i];
    if (i > 0) {
      uint64_t least = i == 1 ? sizes[0] * map->element_bytes : strides[i - 2];
      if (strides[i - 1] % 16 || strides[i - 1] >= (uint64_t)1 << 40 || strides[i - 1] < least) return 1;
      map->strides[i - 1] = strides[i - 1];
    }
  }
  return 0;
}

#endif
