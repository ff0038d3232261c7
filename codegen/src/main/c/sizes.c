#include "sizes.h"

#include "error.h"
#include "system.h"

static int32_t num_tensors(const jtvmc_model_info* info) {
  return info->num_inputs + info->num_outputs;
}

jtvmc_sizes* jtvmc_sizes_create(const jtvmc_model_info* info) {
  const jtvmc_open_model* open = info->open;
  size_t words = (size_t)open->num_symbols + (size_t)open->num_steps + (size_t)open->num_dims +
                 (size_t)num_tensors(info) + 2 * (size_t)open->num_blocks;
  size_t size = sizeof(jtvmc_sizes) + words * sizeof(int64_t);
  size = (size + 63) / 64 * 64;
  jtvmc_sizes* sizes = aligned_alloc(64, size);
  if (!sizes) return NULL;
  memset(sizes, 0, size);
  sizes->open = open;
  int64_t* next = (int64_t*)(sizes + 1);
  sizes->symbols = next;
  sizes->values = sizes->symbols + open->num_symbols;
  sizes->dims = sizes->values + open->num_steps;
  sizes->offsets = sizes->dims + open->num_dims;
  sizes->shapes = (const int64_t**)(sizes->offsets + open->num_blocks);
  sizes->order = (int32_t*)(sizes->shapes + num_tensors(info));
  const int64_t* shape = sizes->dims;
  for (int32_t i = 0; i < num_tensors(info); i++) {
    sizes->shapes[i] = shape;
    shape += info->tensors[i].ndim;
  }
  return sizes;
}

void jtvmc_sizes_free(jtvmc_sizes* sizes) { free(sizes); }

/* ---- Values ---- */

static int32_t too_large(const jtvmc_model_info* info) {
  return jtvmc_fail(JTVMC_WRONG_SHAPE, "model \"%s\": the inputs are too large to be counted",
                    info->name);
}

static int64_t floor_divide(int64_t left, int64_t right) {
  int64_t quotient = left / right;
  return quotient - (left % right != 0 && (left < 0) != (right < 0));
}

/* 0 where it leaves the range of its type. */
static int compute(const jtvmc_size_step* step, const jtvmc_sizes* sizes, int64_t* value) {
  int64_t left = sizes->values[step->left];
  int64_t right = sizes->values[step->right];
  switch ((jtvmc_size_code)step->code) {
    case JTVMC_SIZE_NUMBER:
      *value = step->value;
      return 1;
    case JTVMC_SIZE_SYMBOL:
      *value = sizes->symbols[step->value];
      return 1;
    case JTVMC_SIZE_ADD:
      return !__builtin_add_overflow(left, right, value);
    case JTVMC_SIZE_SUBTRACT:
      return !__builtin_sub_overflow(left, right, value);
    case JTVMC_SIZE_MULTIPLY:
      return !__builtin_mul_overflow(left, right, value);
    case JTVMC_SIZE_DIVIDE:
      *value = right ? floor_divide(left, right) : 0;
      return 1;
    case JTVMC_SIZE_MODULO:
      *value = right ? left - floor_divide(left, right) * right : 0;
      return 1;
    case JTVMC_SIZE_MAX:
      *value = left > right ? left : right;
      return 1;
    case JTVMC_SIZE_MIN:
      *value = left < right ? left : right;
      return 1;
  }
  return 0;
}

static int32_t compute_all(jtvmc_sizes* sizes, const jtvmc_model_info* info) {
  const jtvmc_open_model* open = sizes->open;
  for (int32_t i = 0; i < open->num_steps; i++) {
    if (!compute(&open->steps[i], sizes, &sizes->values[i])) return too_large(info);
  }
  for (int32_t i = 0; i < open->num_checks; i++) {
    const jtvmc_size_check* check = &open->checks[i];
    int64_t left = sizes->values[check->left];
    int64_t right = sizes->values[check->right];
    if (check->is_least ? left < right : left != right) {
      return jtvmc_fail(JTVMC_WRONG_SHAPE, "model \"%s\" cannot run these shapes: %s, here %lld and %lld",
                        info->name, check->what, (long long)left, (long long)right);
    }
  }
  for (int32_t i = 0; i < open->num_dims; i++) sizes->dims[i] = sizes->values[open->dims[i]];
  return JTVMC_OK;
}

/* ---- The workspace ---- */

static int64_t aligned(int64_t bytes) { return ((bytes > 0 ? bytes : 1) + 63) / 64 * 64; }

static int64_t block_size(const jtvmc_sizes* sizes, int32_t block) {
  return aligned(sizes->values[sizes->open->blocks[block].size]);
}

/* The largest first, since the smaller ones fit between them. */
static void sort_blocks(jtvmc_sizes* sizes) {
  int32_t count = sizes->open->num_blocks;
  for (int32_t i = 0; i < count; i++) {
    int32_t place = i;
    while (place > 0 && block_size(sizes, sizes->order[place - 1]) < block_size(sizes, i)) {
      sizes->order[place] = sizes->order[place - 1];
      place--;
    }
    sizes->order[place] = i;
  }
}

/* The end of a block that is placed already, lives with this one and lies where this one would; -1
   where there is none. */
static int64_t end_of_collision(const jtvmc_sizes* sizes, int32_t placed, int32_t block,
                                int64_t offset) {
  const jtvmc_block* blocks = sizes->open->blocks;
  for (int32_t i = 0; i < placed; i++) {
    int32_t other = sizes->order[i];
    int64_t end = sizes->offsets[other] + block_size(sizes, other);
    if (blocks[block].first <= blocks[other].last && blocks[other].first <= blocks[block].last &&
        offset < end && sizes->offsets[other] < offset + block_size(sizes, block)) {
      return end;
    }
  }
  return -1;
}

static int32_t plan_workspace(jtvmc_sizes* sizes, const jtvmc_model_info* info) {
  sort_blocks(sizes);
  int64_t total = 0;
  for (int32_t i = 0; i < sizes->open->num_blocks; i++) {
    int32_t block = sizes->order[i];
    if (sizes->values[sizes->open->blocks[block].size] > INT64_MAX / 4) return too_large(info);
    int64_t offset = 0;
    int64_t end;
    while ((end = end_of_collision(sizes, i, block, offset)) >= 0) offset = end;
    sizes->offsets[block] = offset;
    if (__builtin_add_overflow(offset, block_size(sizes, block), &end) || end > INT64_MAX / 4) {
      return too_large(info);
    }
    if (end > total) total = end;
  }
  sizes->workspace_size = (uint64_t)total;
  return JTVMC_OK;
}

/* ---- The caller's shapes ---- */

static int32_t check_rank(const DLTensor* tensor, const jtvmc_tensor_info* info) {
  if (tensor->ndim != info->ndim) {
    return jtvmc_fail(JTVMC_WRONG_SHAPE, "tensor \"%s\" has rank %d where the model expects %d",
                      info->name, tensor->ndim, info->ndim);
  }
  if (info->ndim > 0 && !tensor->shape) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "tensor \"%s\": the shape is NULL", info->name);
  }
  return JTVMC_OK;
}

static int is_shape_of(const jtvmc_fixed_variant* variant, const jtvmc_model_info* info,
                       const DLTensor* tensors) {
  for (int32_t i = 0; i < info->num_inputs; i++) {
    size_t bytes = (size_t)info->tensors[i].ndim * sizeof(int64_t);
    if (bytes && memcmp(tensors[i].shape, variant->shapes[i], bytes)) return 0;
  }
  return 1;
}

static int32_t update_symbols(jtvmc_sizes* sizes, const jtvmc_model_info* info,
                              const DLTensor* tensors) {
  for (int32_t i = 0; i < sizes->open->num_symbols; i++) {
    const jtvmc_symbol* symbol = &sizes->open->symbols[i];
    int64_t size = tensors[symbol->tensor].shape[symbol->axis];
    if (size < symbol->least || size > symbol->most) {
      sizes->known = 0;
      return jtvmc_fail(JTVMC_WRONG_SHAPE,
                        "tensor \"%s\": size %s is %lld along axis %d, not in %lld to %lld",
                        info->tensors[symbol->tensor].name, symbol->name, (long long)size,
                        symbol->axis, (long long)symbol->least, (long long)symbol->most);
    }
    if (sizes->symbols[i] != size) {
      sizes->symbols[i] = size;
      sizes->known = 0;
    }
  }
  return JTVMC_OK;
}

/* Every size of every input must be what the first ones make it. */
static int32_t check_inputs(const jtvmc_sizes* sizes, const jtvmc_model_info* info,
                            const DLTensor* tensors) {
  for (int32_t i = 0; i < info->num_inputs; i++) {
    for (int32_t axis = 0; axis < info->tensors[i].ndim; axis++) {
      int64_t size = tensors[i].shape[axis];
      if (size != sizes->shapes[i][axis]) {
        return jtvmc_fail(JTVMC_WRONG_SHAPE,
                          "tensor \"%s\" has size %lld along axis %d where the model expects %lld",
                          info->tensors[i].name, (long long)size, axis,
                          (long long)sizes->shapes[i][axis]);
      }
    }
  }
  return JTVMC_OK;
}

int32_t jtvmc_sizes_update(jtvmc_sizes* sizes, const jtvmc_model_info* info,
                           const DLTensor* tensors) {
  const jtvmc_open_model* open = sizes->open;
  sizes->fixed = NULL;
  for (int32_t i = 0; i < info->num_inputs; i++) {
    int32_t status = check_rank(&tensors[i], &info->tensors[i]);
    if (status != JTVMC_OK) return status;
  }
  for (int32_t i = 0; i < open->num_fixed && !sizes->fixed; i++) {
    if (is_shape_of(&open->fixed[i], info, tensors)) sizes->fixed = &open->fixed[i];
  }
  if (sizes->fixed) return JTVMC_OK;
  int32_t status = update_symbols(sizes, info, tensors);
  if (status == JTVMC_OK && !sizes->known) {
    status = compute_all(sizes, info);
    if (status == JTVMC_OK) status = plan_workspace(sizes, info);
    sizes->known = status == JTVMC_OK;
  }
  return status == JTVMC_OK ? check_inputs(sizes, info, tensors) : status;
}
