#include "control.h"
#include "error.h"
#include "host.h"

void* jtvmc_take(jtvmc_context* context, int64_t bytes) {
  if (bytes < 0) return NULL;
  char* memory = jtvmc_texts_take(&context->root->texts, (uint64_t)bytes + 64);
  return memory ? (void*)(((uintptr_t)memory + 63) & ~(uintptr_t)63) : NULL;
}

int64_t jtvmc_bytes_of(const int64_t* shape, int64_t ndim, int64_t element_bytes) {
  int64_t bytes = element_bytes;
  for (int64_t i = 0; i < ndim; i++) {
    if (shape[i] < 0) return -1;
    if (shape[i] == 0) return 0;
  }
  for (int64_t i = 0; i < ndim; i++) {
    if (__builtin_mul_overflow(bytes, shape[i], &bytes)) return -1;
  }
  return bytes;
}

jtvmc_value* jtvmc_tensor_value(jtvmc_context* context, void* data, int64_t bytes, int32_t ndim,
                                const int64_t* shape) {
  size_t sizes = (size_t)ndim * sizeof(int64_t);
  jtvmc_value* value = jtvmc_take(context, (int64_t)(sizeof *value + sizes));
  if (!value) return NULL;
  value->is_sequence = 0;
  value->ndim = ndim;
  value->count = bytes;
  value->data = data;
  if (sizes) memcpy(value->shape, shape, sizes);
  return value;
}

int32_t jtvmc_refuse(jtvmc_context* context, const char* what) {
  context->said = jtvmc_fail(JTVMC_INVALID_ARGUMENT, "model \"%s\": %s", context->root->info->name, what);
  return JTVMC_SAID;
}

/* ---- Sizes ---- */

int32_t jtvmc_control_sizes(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_control_fetch(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

/* Told: how many there are, how many of them do not count, the stage, and of the rest those that are
   known, -1 for the others. Reads sizes, and gives them again. */
int32_t jtvmc_control_sizes(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const int64_t* sizes = buffers[2];
  jtvmc_context* context = buffers[1];
  const int64_t* told = buffers[0];
  memcpy(buffers[3], sizes, (size_t)told[0] * sizeof *sizes);
  sizes += told[1];
  for (int64_t i = 0; i < told[0] - told[1]; i++) {
    if (told[3 + i] >= 0 && sizes[i] != told[3 + i]) {
      context->said = jtvmc_fail(JTVMC_WRONG_SHAPE,
                                 "model \"%s\": the inputs lead to a size of %lld where it must be %lld",
                                 context->root->info->name, (long long)sizes[i], (long long)told[3 + i]);
      return JTVMC_SAID;
    }
  }
  context->said =
      jtvmc_sizes_decide(context->sizes, context->info, (int32_t)told[2], sizes, context->workspace_in_use);
  return context->said == JTVMC_OK ? 0 : JTVMC_SAID;
}

/* Told: how many bytes there must be, -1 for any number. Reads a tensor's handle, and gives its
   elements. */
int32_t jtvmc_control_fetch(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const int64_t* handle = buffers[2];
  jtvmc_context* context = buffers[1];
  const int64_t* told = buffers[0];
  const jtvmc_value* value = jtvmc_value_of(handle[0]);
  if (!value || value->is_sequence || (told[0] >= 0 && value->count != told[0])) {
    return jtvmc_refuse(context, "a value has other sizes than it must have");
  }
  if (value->count > 0) memcpy(buffers[3], value->data, (size_t)value->count);
  return 0;
}
