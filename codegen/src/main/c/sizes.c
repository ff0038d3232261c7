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
  size_t stages = (size_t)open->num_stages * sizeof(jtvmc_stage);
  size_t size = sizeof(jtvmc_sizes) + words * sizeof(int64_t) + stages;
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
  sizes->stages = (jtvmc_stage*)(sizes->shapes + num_tensors(info));
  sizes->order = (int32_t*)(sizes->stages + open->num_stages);
  const int64_t* shape = sizes->dims;
  for (int32_t i = 0; i < num_tensors(info); i++) {
    sizes->shapes[i] = shape;
    shape += info->tensors[i].ndim;
  }
  return sizes;
}

void jtvmc_sizes_free(jtvmc_sizes* sizes) {
  if (!sizes) return;
  for (int32_t stage = 1; stage < sizes->open->num_stages; stage++) {
    free(sizes->stages[stage].memory);
  }
  free(sizes);
}

/* What is known from a stage on has changed. */
static void forget(jtvmc_sizes* sizes, int32_t stage) {
  for (; stage < sizes->open->num_stages; stage++) sizes->stages[stage].known = 0;
}

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

static int32_t compute_stage(jtvmc_sizes* sizes, const jtvmc_model_info* info, int32_t stage) {
  const jtvmc_open_model* open = sizes->open;
  for (int32_t i = 0; i < open->num_steps; i++) {
    if (open->steps[i].stage == stage && !compute(&open->steps[i], sizes, &sizes->values[i])) {
      return too_large(info);
    }
  }
  for (int32_t i = 0; i < open->num_checks; i++) {
    const jtvmc_size_check* check = &open->checks[i];
    if (check->stage != stage) continue;
    int64_t left = sizes->values[check->left];
    int64_t right = sizes->values[check->right];
    if (check->is_least ? left < right : left != right) {
      return jtvmc_fail(JTVMC_WRONG_SHAPE, "model \"%s\" cannot run these shapes: %s, here %lld and %lld",
                        info->name, check->what, (long long)left, (long long)right);
    }
  }
  for (int32_t i = 0; i < open->num_dims; i++) {
    int32_t known_from = open->steps[open->dims[i]].stage;
    if (known_from == stage) sizes->dims[i] = sizes->values[open->dims[i]];
    if (known_from > stage) sizes->dims[i] = -1;
  }
  return JTVMC_OK;
}

/* ---- The workspace ---- */

static int64_t aligned(int64_t bytes) { return ((bytes > 0 ? bytes : 1) + 63) / 64 * 64; }

static int64_t block_size(const jtvmc_sizes* sizes, int32_t block) {
  return aligned(sizes->values[sizes->open->blocks[block].size]);
}

/* A stage's blocks, the largest first, since the smaller ones fit between them; how many. */
static int32_t sort_blocks(jtvmc_sizes* sizes, int32_t stage) {
  int32_t count = 0;
  for (int32_t i = 0; i < sizes->open->num_blocks; i++) {
    if (sizes->open->blocks[i].stage != stage) continue;
    int32_t place = count++;
    while (place > 0 && block_size(sizes, sizes->order[place - 1]) < block_size(sizes, i)) {
      sizes->order[place] = sizes->order[place - 1];
      place--;
    }
    sizes->order[place] = i;
  }
  return count;
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

/* Places a stage's blocks one beside the other, and says how much memory they take. */
static int32_t plan_stage(jtvmc_sizes* sizes, const jtvmc_model_info* info, int32_t stage,
                          uint64_t* bytes) {
  int64_t total = 0;
  for (int32_t i = 0; i < sizes->open->num_blocks; i++) {
    const jtvmc_block* block = &sizes->open->blocks[i];
    if (block->stage == stage && sizes->values[block->size] > INT64_MAX / 4) return too_large(info);
  }
  int32_t count = sort_blocks(sizes, stage);
  for (int32_t i = 0; i < count; i++) {
    int32_t block = sizes->order[i];
    int64_t offset = 0;
    int64_t end;
    while ((end = end_of_collision(sizes, i, block, offset)) >= 0) offset = end;
    sizes->offsets[block] = offset;
    if (__builtin_add_overflow(offset, block_size(sizes, block), &end) || end > INT64_MAX / 4) {
      return too_large(info);
    }
    if (end > total) total = end;
  }
  *bytes = (uint64_t)total;
  return JTVMC_OK;
}

/* ---- Stages that the run begins ---- */

static int32_t take_symbols(jtvmc_sizes* sizes, const jtvmc_model_info* info, int32_t stage,
                            const int64_t* decided) {
  for (int32_t i = 0; i < sizes->open->num_symbols; i++) {
    const jtvmc_symbol* symbol = &sizes->open->symbols[i];
    if (symbol->tensor != -stage) continue;
    int64_t size = decided[symbol->axis];
    if (size < symbol->least || size > symbol->most) {
      forget(sizes, stage);
      return jtvmc_fail(JTVMC_WRONG_SHAPE,
                        "model \"%s\": the inputs lead to a size of %lld, not in %lld to %lld",
                        info->name, (long long)size, (long long)symbol->least,
                        (long long)symbol->most);
    }
    if (sizes->symbols[i] != size) {
      sizes->symbols[i] = size;
      forget(sizes, stage);
    }
  }
  return JTVMC_OK;
}

static int32_t grow(jtvmc_stage* stage, uint64_t bytes) {
  if (bytes <= stage->size) return JTVMC_OK;
  free(stage->memory);
  stage->size = 0;
  stage->memory = aligned_alloc(64, bytes);
  if (!stage->memory) {
    return jtvmc_fail(JTVMC_OUT_OF_MEMORY, "run: no memory for %llu bytes of values",
                      (unsigned long long)bytes);
  }
  stage->size = bytes;
  return JTVMC_OK;
}

int32_t jtvmc_sizes_decide(jtvmc_sizes* sizes, const jtvmc_model_info* info, int32_t stage,
                           const int64_t* decided, const void* workspace) {
  jtvmc_stage* own = &sizes->stages[stage];
  int32_t status = take_symbols(sizes, info, stage, decided);
  if (status != JTVMC_OK || (own->known && own->base == workspace)) return status;
  forget(sizes, stage);
  uint64_t bytes = 0;
  status = compute_stage(sizes, info, stage);
  if (status == JTVMC_OK) status = plan_stage(sizes, info, stage, &bytes);
  if (status == JTVMC_OK) status = grow(own, bytes);
  if (status != JTVMC_OK) return status;
  int64_t distance = (int64_t)((uintptr_t)own->memory - (uintptr_t)workspace);
  for (int32_t i = 0; i < sizes->open->num_blocks; i++) {
    if (sizes->open->blocks[i].stage == stage) sizes->offsets[i] += distance;
  }
  own->base = workspace;
  own->known = 1;
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
    if (symbol->tensor < 0) continue;
    int64_t size = tensors[symbol->tensor].shape[symbol->axis];
    if (size < symbol->least || size > symbol->most) {
      forget(sizes, 0);
      return jtvmc_fail(JTVMC_WRONG_SHAPE,
                        "tensor \"%s\": size %s is %lld along axis %d, not in %lld to %lld",
                        info->tensors[symbol->tensor].name, symbol->name, (long long)size,
                        symbol->axis, (long long)symbol->least, (long long)symbol->most);
    }
    if (sizes->symbols[i] != size) {
      sizes->symbols[i] = size;
      forget(sizes, 0);
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
  if (status == JTVMC_OK && !sizes->stages[0].known) {
    status = compute_stage(sizes, info, 0);
    if (status == JTVMC_OK) status = plan_stage(sizes, info, 0, &sizes->workspace_size);
    sizes->stages[0].known = status == JTVMC_OK;
  }
  return status == JTVMC_OK ? check_inputs(sizes, info, tensors) : status;
}
