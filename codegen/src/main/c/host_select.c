/* Choosing elements by what they are: NonZero, Compress, and what is left without gaps. */
#include "host.h"

int32_t jtvmc_host_nonzero(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_host_compress(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_host_compact(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_host_shape_of(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

/* data; positions, sizes; element, rank, shape... */
int32_t jtvmc_host_nonzero(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const void* data = buffers[0];
  int64_t* positions = buffers[1];
  int64_t* sizes = buffers[2];
  const int64_t* parameters = buffers[3];
  jtvmc_element element = jtvmc_element_of(parameters[0]);
  int64_t rank = parameters[1];
  const int64_t* shape = parameters + 2;
  int64_t elements = 1;
  for (int64_t axis = 0; axis < rank; axis++) elements *= shape[axis];
  memset(positions, 0, (size_t)(rank * elements) * sizeof *positions);
  const uint64_t zeros[1] = {0};
  uint64_t zero = jtvmc_element_key(element, zeros, 0);
  int64_t count = 0;
  for (int64_t i = 0; i < elements; i++) {
    if (jtvmc_element_key(element, data, i) == zero) continue;
    int64_t rest = i;
    for (int64_t axis = rank - 1; axis >= 0; axis--) {
      positions[axis * elements + count] = rest % shape[axis];
      rest /= shape[axis];
    }
    count++;
  }
  sizes[0] = rank;
  sizes[1] = count;
  return 0;
}

/* data, condition; slices, sizes; bytes, outer, length, inner, most, axis, rank, shape... */
int32_t jtvmc_host_compress(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const char* data = buffers[0];
  const uint8_t* condition = buffers[1];
  char* slices = buffers[2];
  int64_t* sizes = buffers[3];
  const int64_t* parameters = buffers[4];
  int64_t outer = parameters[1];
  int64_t length = parameters[2];
  int64_t inner = parameters[3] * parameters[0];
  int64_t most = parameters[4];
  int64_t axis = parameters[5];
  int64_t rank = parameters[6];
  memset(slices, 0, (size_t)(outer * most * inner));
  int64_t count = 0;
  for (int64_t i = 0; i < most; i++) {
    if (!condition[i]) continue;
    for (int64_t o = 0; o < outer; o++) {
      memcpy(slices + (o * most + count) * inner, data + (o * length + i) * inner, (size_t)inner);
    }
    count++;
  }
  for (int64_t d = 0; d < rank; d++) sizes[d] = d == axis ? count : parameters[7 + d];
  return 0;
}

/* data, sizes; packed; bytes, rank, shape... */
int32_t jtvmc_host_compact(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const char* data = buffers[0];
  const int64_t* sizes = buffers[1];
  char* packed = buffers[2];
  const int64_t* parameters = buffers[3];
  int64_t bytes = parameters[0];
  int64_t rank = parameters[1];
  const int64_t* shape = parameters + 2;
  if (rank == 0) {
    memcpy(packed, data, (size_t)bytes);
    return 0;
  }
  int64_t rows = 1;
  int64_t whole = bytes;
  for (int64_t axis = 0; axis < rank; axis++) {
    whole *= shape[axis];
    if (sizes[axis] < 0 || sizes[axis] > shape[axis]) return JTVMC_REFUSED;
    if (axis < rank - 1) rows *= sizes[axis];
  }
  int64_t length = sizes[rank - 1] * bytes;
  for (int64_t row = 0; row < rows; row++) {
    int64_t rest = row;
    int64_t offset = 0;
    int64_t stride = shape[rank - 1];
    for (int64_t axis = rank - 2; axis >= 0; axis--) {
      offset += rest % sizes[axis] * stride;
      rest /= sizes[axis];
      stride *= shape[axis];
    }
    memcpy(packed + row * length, data + offset * bytes, (size_t)length);
  }
  memset(packed + rows * length, 0, (size_t)(whole - rows * length));
  return 0;
}

/* sizes; the same; sizes, elements */
int32_t jtvmc_host_shape_of(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const int64_t* sizes = buffers[0];
  const int64_t* parameters = buffers[2];
  int64_t elements = 1;
  for (int64_t d = 0; d < parameters[0]; d++) {
    if (sizes[d] < 0 || __builtin_mul_overflow(elements, sizes[d], &elements)) {
      return JTVMC_REFUSED;
    }
  }
  if (elements != parameters[1]) return JTVMC_REFUSED;
  memcpy(buffers[1], sizes, (size_t)parameters[0] * sizeof *sizes);
  return 0;
}
