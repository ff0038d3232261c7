#include "control.h"
#include "host.h"

int32_t jtvmc_control_insert(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_control_at(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_control_erase(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_control_length(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_control_present(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_control_concat(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_control_split(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_control_tensors(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

#define FEWEST_ITEMS 4

/* A position that stands for the end. */
#define JTVMC_END INT64_MAX

/* The handle of an optional value that is not there. */
#define JTVMC_NOTHING (-1)

static int64_t length_of(const jtvmc_value* sequence) { return sequence ? sequence->count : 0; }

static jtvmc_value** items_of(const jtvmc_value* sequence) {
  return sequence ? ((jtvmc_list*)sequence->data)->items : NULL;
}

static jtvmc_list* new_list(jtvmc_context* context, int64_t capacity) {
  if (capacity > INT64_MAX / 32) return NULL;
  size_t items = (size_t)capacity * sizeof(jtvmc_value*);
  jtvmc_list* list = jtvmc_take(context, (int64_t)(sizeof(jtvmc_list) + items));
  if (!list) return NULL;
  list->used = 0;
  list->capacity = capacity;
  return list;
}

static jtvmc_value* new_sequence(jtvmc_context* context, jtvmc_list* list, int64_t count) {
  jtvmc_value* sequence = jtvmc_tensor_value(context, list, count, 0, NULL);
  if (sequence) sequence->is_sequence = 1;
  return sequence;
}

/* The sequence with one element more; NULL where there is no memory. */
static jtvmc_value* with_item(jtvmc_context* context, const jtvmc_value* sequence, int64_t at,
                              jtvmc_value* item) {
  int64_t count = length_of(sequence);
  jtvmc_list* list = sequence ? sequence->data : NULL;
  /* A list behind whose end nobody has written yet is added to where it is. */
  if (!list || at != count || list->used != count || count == list->capacity) {
    list = new_list(context, count < FEWEST_ITEMS ? FEWEST_ITEMS : 2 * count);
    if (!list) return NULL;
    jtvmc_value** from = items_of(sequence);
    for (int64_t i = 0; i < at; i++) list->items[i] = from[i];
    for (int64_t i = at; i < count; i++) list->items[i + 1] = from[i];
  }
  list->items[at] = item;
  list->used = count + 1;
  return new_sequence(context, list, count + 1);
}

/* A position that may count from the end; -1 where it is none. */
static int64_t position_in(int64_t position, int64_t count, int64_t most) {
  if (position < 0) position += count;
  return position < 0 || position > most ? -1 : position;
}

static jtvmc_value* copy_tensor(jtvmc_context* context, const void* data, int64_t ndim,
                                const int64_t* shape, int64_t element_bytes) {
  int64_t bytes = jtvmc_bytes_of(shape, ndim, element_bytes);
  void* memory = jtvmc_take(context, bytes);
  if (!memory) return NULL;
  if (bytes > 0) memcpy(memory, data, (size_t)bytes);
  return jtvmc_tensor_value(context, memory, bytes, (int32_t)ndim, shape);
}

/* Told: rank, bytes of an element. Reads a sequence, a tensor, its sizes and a position; gives a
   sequence. */
int32_t jtvmc_control_insert(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const jtvmc_value* sequence = jtvmc_value_of(*(const int64_t*)buffers[2]);
  int64_t position = *(const int64_t*)buffers[5];
  jtvmc_context* context = buffers[1];
  const int64_t* told = buffers[0];
  int64_t count = length_of(sequence);
  int64_t at = position == JTVMC_END ? count : position_in(position, count, count);
  if (at < 0) return jtvmc_refuse(context, "a position is outside of the sequence that it is in");
  jtvmc_value* item = copy_tensor(context, buffers[3], told[0], buffers[4], told[1]);
  jtvmc_value* longer = item ? with_item(context, sequence, at, item) : NULL;
  *(int64_t*)buffers[6] = jtvmc_handle_of(longer);
  return longer ? 0 : JTVMC_NO_MEMORY;
}

/* Told: rank. Reads a sequence and a position; gives a tensor with its sizes. */
int32_t jtvmc_control_at(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const jtvmc_value* sequence = jtvmc_value_of(*(const int64_t*)buffers[2]);
  jtvmc_context* context = buffers[1];
  const int64_t* told = buffers[0];
  int64_t count = length_of(sequence);
  int64_t at = position_in(*(const int64_t*)buffers[3], count, count - 1);
  if (at < 0) return jtvmc_refuse(context, "a position is outside of the sequence that it is in");
  const jtvmc_value* item = items_of(sequence)[at];
  if (item->ndim != told[0]) {
    return jtvmc_refuse(context, "an element of a sequence has another number of dimensions");
  }
  jtvmc_describe_value(item, buffers[4]);
  return 0;
}

/* Reads a sequence and a position; gives a sequence. */
int32_t jtvmc_control_erase(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const jtvmc_value* sequence = jtvmc_value_of(*(const int64_t*)buffers[2]);
  int64_t position = *(const int64_t*)buffers[3];
  int64_t* result = buffers[4];
  jtvmc_context* context = buffers[1];
  int64_t count = length_of(sequence);
  int64_t at = position == JTVMC_END ? count - 1 : position_in(position, count, count - 1);
  if (at < 0) return jtvmc_refuse(context, "a position is outside of the sequence that it is in");
  jtvmc_list* list = new_list(context, count);
  if (!list) return JTVMC_NO_MEMORY;
  jtvmc_value** from = items_of(sequence);
  for (int64_t i = 0; i < count; i++) {
    if (i != at) list->items[list->used++] = from[i];
  }
  jtvmc_value* shorter = new_sequence(context, list, list->used);
  *result = jtvmc_handle_of(shorter);
  return shorter ? 0 : JTVMC_NO_MEMORY;
}

/* Reads a sequence; gives its length. */
int32_t jtvmc_control_length(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  *(int64_t*)buffers[3] = length_of(jtvmc_value_of(*(const int64_t*)buffers[2]));
  return 0;
}

/* Reads an optional sequence; gives the sequence. */
int32_t jtvmc_control_present(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  int64_t handle = *(const int64_t*)buffers[2];
  if (handle == JTVMC_NOTHING) {
    return jtvmc_refuse(buffers[1], "the element of an optional is taken that is empty");
  }
  *(int64_t*)buffers[3] = handle;
  return 0;
}

/* ---- From and to one tensor ---- */

/* Whether all are of the first one's sizes, but for those along the axis, whose sum this gives. */
static int fit_together(jtvmc_value* const* items, int64_t count, int64_t ndim, int64_t axis,
                        int64_t* sum) {
  *sum = 0;
  for (int64_t i = 0; i < count; i++) {
    if (items[i]->ndim != ndim) return 0;
    for (int64_t d = 0; d < ndim; d++) {
      if (d == axis) {
        if (__builtin_add_overflow(*sum, items[i]->shape[d], sum)) return 0;
      } else if (items[i]->shape[d] != items[0]->shape[d]) {
        return 0;
      }
    }
  }
  return 1;
}

/* Told: axis, whether it is a new one, rank of an element, bytes of one of its elements. Reads a
   sequence; gives a tensor with its sizes. */
int32_t jtvmc_control_concat(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const jtvmc_value* sequence = jtvmc_value_of(*(const int64_t*)buffers[2]);
  int64_t* result = buffers[3];
  jtvmc_context* context = buffers[1];
  const int64_t* told = buffers[0];
  int64_t axis = told[0];
  int is_new = told[1] != 0;
  int64_t ndim = told[2];
  int64_t count = length_of(sequence);
  jtvmc_value** items = items_of(sequence);
  int64_t sum;
  if (count == 0) return jtvmc_refuse(context, "an empty sequence is put together to one tensor");
  if (!fit_together(items, count, ndim, is_new ? -1 : axis, &sum)) {
    return jtvmc_refuse(context, "the elements of a sequence do not fit together to one tensor");
  }
  int64_t all = is_new ? ndim + 1 : ndim;
  int64_t* shape = result + 1;
  for (int64_t d = 0; d < all; d++) {
    int64_t from = is_new && d > axis ? d - 1 : d;
    shape[d] = d == axis ? (is_new ? count : sum) : items[0]->shape[from];
  }
  int64_t bytes = jtvmc_bytes_of(shape, all, told[3]);
  char* data = jtvmc_take(context, bytes);
  if (!data) return JTVMC_NO_MEMORY;
  int64_t rows = 1;
  for (int64_t d = 0; d < axis; d++) rows *= shape[d];
  char* to = data;
  for (int64_t row = 0; row < rows && bytes > 0; row++) {
    for (int64_t i = 0; i < count; i++) {
      int64_t length = items[i]->count / rows;
      if (length > 0) memcpy(to, (const char*)items[i]->data + row * length, (size_t)length);
      to += length;
    }
  }
  jtvmc_value* value = jtvmc_tensor_value(context, data, bytes, (int32_t)all, shape);
  result[0] = jtvmc_handle_of(value);
  return value ? 0 : JTVMC_NO_MEMORY;
}

/* One part of a tensor along an axis. */
static jtvmc_value* part_of(jtvmc_context* context, const char* data, const int64_t* shape,
                            const int64_t* told, int64_t begin, int64_t length) {
  int64_t ndim = told[0];
  int64_t axis = told[2];
  int keeps = told[3] != 0;
  int64_t* sizes = jtvmc_take(context, (ndim + 1) * (int64_t)sizeof(int64_t));
  if (!sizes) return NULL;
  int64_t rows = 1;
  int64_t inner = told[1];
  int64_t kept = 0;
  for (int64_t d = 0; d < ndim; d++) {
    if (d < axis) rows *= shape[d];
    if (d > axis) inner *= shape[d];
    if (d != axis || keeps) sizes[kept++] = d == axis ? length : shape[d];
  }
  int64_t bytes = rows * length * inner;
  char* memory = jtvmc_take(context, bytes);
  if (!memory) return NULL;
  for (int64_t row = 0; row < rows && bytes > 0; row++) {
    memcpy(memory + row * length * inner, data + (row * shape[axis] + begin) * inner,
           (size_t)(length * inner));
  }
  return jtvmc_tensor_value(context, memory, bytes, (int32_t)kept, sizes);
}

/* Told: rank, bytes of an element, axis, whether parts keep it, how many lengths there are, 0 for one
   of all parts. Reads a tensor, its sizes, and the lengths of parts; gives a sequence. */
int32_t jtvmc_control_split(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const int64_t* shape = buffers[3];
  const int64_t* lengths = buffers[4];
  jtvmc_context* context = buffers[1];
  const int64_t* told = buffers[0];
  int64_t size = shape[told[2]];
  jtvmc_value* sequence = NULL;
  int64_t begin = 0;
  for (int64_t i = 0; told[4] > 0 ? i < told[4] : begin < size; i++) {
    int64_t length = lengths[told[4] > 0 ? i : 0];
    if (told[4] == 0 && length > size - begin) length = size - begin;
    if (length < 0 || (told[4] == 0 && length == 0) || length > size - begin) {
      return jtvmc_refuse(context, "the lengths of the parts are not those of what is split");
    }
    jtvmc_value* part = part_of(context, buffers[2], shape, told, begin, length);
    sequence = part ? with_item(context, sequence, i, part) : NULL;
    if (!sequence) return JTVMC_NO_MEMORY;
    begin += length;
  }
  if (begin != size) {
    return jtvmc_refuse(context, "the lengths of the parts are not those of what is split");
  }
  *(int64_t*)buffers[5] = jtvmc_handle_of(sequence);
  return 0;
}

/* Told: DLPack's code and bits of the elements' elements. Reads a sequence; gives a tensor of the
   bytes of DLTensors, with its sizes. */
int32_t jtvmc_control_tensors(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const int64_t* told = buffers[0];
  jtvmc_context* context = buffers[1];
  int64_t handle = *(const int64_t*)buffers[2];
  const jtvmc_value* sequence = handle == JTVMC_NOTHING ? NULL : jtvmc_value_of(handle);
  int64_t count = length_of(sequence);
  jtvmc_value** items = items_of(sequence);
  int64_t shape[2] = {count, (int64_t)sizeof(DLTensor)};
  int64_t bytes = jtvmc_bytes_of(shape, 2, 1);
  DLTensor* tensors = jtvmc_take(context, bytes);
  if (!tensors) return JTVMC_NO_MEMORY;
  for (int64_t i = 0; i < count; i++) {
    memset(&tensors[i], 0, sizeof tensors[i]);
    tensors[i].data = items[i]->data;
    tensors[i].device.device_type = kDLCPU;
    tensors[i].ndim = items[i]->ndim;
    tensors[i].dtype.code = (uint8_t)told[0];
    tensors[i].dtype.bits = (uint8_t)told[1];
    tensors[i].dtype.lanes = 1;
    tensors[i].shape = items[i]->shape;
  }
  jtvmc_value* value = jtvmc_tensor_value(context, tensors, bytes, 2, shape);
  if (!value) return JTVMC_NO_MEMORY;
  jtvmc_describe_value(value, buffers[3]);
  return 0;
}
