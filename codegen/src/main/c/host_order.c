#include "host.h"

static uint64_t load(jtvmc_element element, const void* data, int64_t index) {
  switch (element.bytes) {
    case 1:
      return ((const uint8_t*)data)[index];
    case 2:
      return ((const uint16_t*)data)[index];
    case 4:
      return ((const uint32_t*)data)[index];
    default:
      return ((const uint64_t*)data)[index];
  }
}

/* The bits of infinity; bits above it, but for the sign, are NaNs. */
static uint64_t infinity(jtvmc_element element) {
  if (element.kind == JTVMC_BFLOAT) return (uint64_t)0xff << 7;
  if (element.bytes == 8) return (uint64_t)0x7ff << 52;
  return element.bytes == 4 ? (uint64_t)0xff << 23 : (uint64_t)0x1f << 10;
}

uint64_t jtvmc_element_key(jtvmc_element element, const void* data, int64_t index) {
  uint64_t bits = load(element, data, index);
  uint64_t top = (uint64_t)1 << (element.bytes * 8 - 1);
  switch (element.kind) {
    case JTVMC_SIGNED:
      return bits ^ top;
    case JTVMC_UNSIGNED:
      return bits;
    default: {
      uint64_t magnitude = bits & (top - 1);
      if (magnitude > infinity(element)) return UINT64_MAX;
      return bits & top ? top - magnitude : top + magnitude;
    }
  }
}

void jtvmc_sort(int64_t* items, int64_t* spare, int64_t count, jtvmc_before before,
                const void* context) {
  int64_t* from = items;
  int64_t* to = spare;
  for (int64_t width = 1; width < count; width *= 2) {
    for (int64_t begin = 0; begin < count; begin += 2 * width) {
      int64_t middle = begin + width < count ? begin + width : count;
      int64_t end = middle + width < count ? middle + width : count;
      int64_t left = begin;
      int64_t right = middle;
      for (int64_t at = begin; at < end; at++) {
        int takes_right = left == middle || (right < end && before(context, from[right], from[left]));
        to[at] = takes_right ? from[right++] : from[left++];
      }
    }
    int64_t* other = from;
    from = to;
    to = other;
  }
  if (from != items) memcpy(items, from, (size_t)count * sizeof *items);
}
