/*
 * What stands in for the CUDA driver's maps of tensors (CUtensorMap), and is checked as the driver's
 * documentation of cuTensorMapEncodeTiled and cuTensorMapEncodeIm2col says. Only maps with 128-byte
 * swizzling of tensors that are not interleaved.
 */
#ifndef FAKE_TENSOR_MAP_H
#define FAKE_TENSOR_MAP_H

#include <stdint.h>

enum { FAKE_MAP_BYTES = 128, FAKE_MOST_DIMENSIONS = 5, FAKE_MOST_STEP = 8 };

static const uint64_t FAKE_MAP_MAGIC = 0x70616d726f736e74;

typedef struct {
  uint64_t magic, address;
  uint32_t element_bytes, rank;
  uint64_t sizes[5]; /* innermost first */
  uint64_t strides[4];
  uint16_t box[5];    /* of pixels: channels, pixels */
  int16_t lower[3];   /* of the pixels that are counted through */
  int16_t upper[3];
  uint8_t steps[5];
  uint8_t pixels; /* not 0 where pixels are counted through */
  uint32_t reserved;
} fake_tensor_map;

_Static_assert(sizeof(fake_tensor_map) == FAKE_MAP_BYTES, "as large as a CUtensorMap");

/* What both kinds of maps have in common; 0, or 1 where the driver would say that an argument is invalid. */
static int fake_encode_tensor(void *to, int type, uint32_t rank, uint64_t address, const uint64_t *sizes,
                              const uint64_t *strides, const uint32_t *steps, int interleave, int swizzle,
                              int promotion, int fill) {
  static const uint32_t bytes_of[] = {1, 2, 4, 4, 8, 8, 2, 4, 8, 2, 4, 4, 4};
  fake_tensor_map *map = to;
  if ((uintptr_t)to % 64 || type < 0 || type > 12 || rank < 1 || rank > 5 || address % 16 ||
      interleave != 0 || swizzle != 3 || promotion < 0 || promotion > 3 || fill != 0) {
    return 1;
  }
  *map = (fake_tensor_map){.magic = FAKE_MAP_MAGIC, .address = address, .element_bytes = bytes_of[type], .rank = rank};
  for (uint32_t i = 0; i < rank; i++) {
    if (sizes[i] < 1 || sizes[i] > (uint64_t)1 << 32 || steps[i] < 1 || steps[i] > FAKE_MOST_STEP) return 1;
    map->sizes[i] = sizes[i];
    map->steps[i] = (uint8_t)steps[i];
    if (i > 0) {
      uint64_t least = i == 1 ? sizes[0] * map->element_bytes : strides[i - 2];
      if (strides[i - 1] % 16 || strides[i - 1] >= (uint64_t)1 << 40 || strides[i - 1] < least) return 1;
      map->strides[i - 1] = strides[i - 1];
    }
  }
  return 0;
}

static int fake_is_line(const fake_tensor_map *map, uint32_t elements) {
  return elements * map->element_bytes <= 128 && elements * map->element_bytes % 16 == 0;
}

/* 0, or 1 where the driver would say that an argument is invalid. */
static int fake_encode_map(void *to, int type, uint32_t rank, uint64_t address, const uint64_t *sizes,
                           const uint64_t *strides, const uint32_t *box, const uint32_t *steps,
                           int interleave, int swizzle, int promotion, int fill) {
  fake_tensor_map *map = to;
  if (fake_encode_tensor(to, type, rank, address, sizes, strides, steps, interleave, swizzle, promotion, fill) ||
      !fake_is_line(map, box[0])) {
    return 1;
  }
  for (uint32_t i = 0; i < rank; i++) {
    if (box[i] < 1 || box[i] > 256 || steps[i] != 1) return 1;
    map->box[i] = (uint16_t)box[i];
  }
  return 0;
}

/* The same for pixels that are counted through, between two corners. */
static int fake_encode_pixels(void *to, int type, uint32_t rank, uint64_t address, const uint64_t *sizes,
                              const uint64_t *strides, const int32_t *lower, const int32_t *upper,
                              uint32_t channels, uint32_t pixels, const uint32_t *steps, int interleave,
                              int swizzle, int promotion, int fill) {
  static const int32_t corners[] = {0, 0, 0, 32768, 128, 16};
  fake_tensor_map *map = to;
  if (rank < 3 ||
      fake_encode_tensor(to, type, rank, address, sizes, strides, steps, interleave, swizzle, promotion, fill) ||
      channels < 1 || channels > 256 || !fake_is_line(map, channels) || pixels < 1 || pixels > 1024) {
    return 1;
  }
  map->pixels = 1;
  map->box[0] = (uint16_t)channels;
  map->box[1] = (uint16_t)pixels;
  for (uint32_t i = 0; i < rank - 2; i++) {
    int32_t most = corners[rank];
    if (lower[i] < -most || lower[i] >= most || upper[i] < -most || upper[i] >= most ||
        (int64_t)map->sizes[i + 1] + upper[i] <= lower[i]) {
      return 1;
    }
    map->lower[i] = (int16_t)lower[i];
    map->upper[i] = (int16_t)upper[i];
  }
  return 0;
}

#endif
