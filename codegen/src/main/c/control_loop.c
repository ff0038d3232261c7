#include "control.h"
#include "error.h"
#include "host.h"

int32_t jtvmc_control_if(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;
int32_t jtvmc_control_loop(void** buffers, jtvmc_pool* pool) JTVMC_HIDDEN;

/* Memory that grows and is then used again. */
typedef struct {
  char* data;
  int64_t size;
} growing;

static int make_room(jtvmc_context* context, growing* memory, int64_t bytes, int64_t kept) {
  if (bytes < 0) return 0;
  if (bytes <= memory->size && memory->data) return 1;
  int64_t size = bytes > INT64_MAX / 4 ? bytes : bytes + bytes / 2;
  char* data = jtvmc_take(context, size);
  if (!data) return 0;
  if (kept > 0) memcpy(data, memory->data, (size_t)kept);
  memory->data = data;
  memory->size = size;
  return 1;
}

/* A region under way. */
typedef struct {
  jtvmc_context* outer;
  jtvmc_context* own;
  const jtvmc_model_info* info;
  DLTensor* tensors; /* the inputs, then the outputs */
  int64_t* sizes;    /* room for the sizes of all */
} region;

static int64_t element_bytes(const jtvmc_tensor_info* info) { return (info->dtype.bits + 7) / 8; }

static int64_t tensor_bytes(const region* region, int32_t index) {
  return jtvmc_bytes_of(region->tensors[index].shape, region->info->tensors[index].ndim,
                        element_bytes(&region->info->tensors[index]));
}

/* Finds a region, and makes its tensors of room for sizes. */
static int32_t enter(region* region, jtvmc_context* outer, int64_t index) {
  region->outer = outer;
  region->own = jtvmc_region_context(outer, (int32_t)index);
  if (!region->own) {
    outer->said = JTVMC_OUT_OF_MEMORY;
    return JTVMC_SAID;
  }
  const jtvmc_model_info* info = region->own->info;
  region->info = info;
  int32_t count = info->num_inputs + info->num_outputs;
  int64_t dims = 0;
  for (int32_t i = 0; i < count; i++) dims += info->tensors[i].ndim;
  region->tensors = jtvmc_take(outer, count * (int64_t)sizeof(DLTensor));
  region->sizes = jtvmc_take(outer, (dims + 1) * (int64_t)sizeof(int64_t));
  if (!region->tensors || !region->sizes) return JTVMC_NO_MEMORY;
  int64_t* shape = region->sizes;
  for (int32_t i = 0; i < count; i++) {
    region->tensors[i] = jtvmc_tensor(&info->tensors[i], NULL);
    region->tensors[i].shape = shape;
    if (info->tensors[i].ndim > 0) {
      memcpy(shape, info->tensors[i].shape, (size_t)info->tensors[i].ndim * sizeof(int64_t));
    }
    shape += info->tensors[i].ndim;
  }
  return 0;
}

/* Gives an input, and how many sizes it took. */
static int32_t give(region* region, int32_t input, void* data, const int64_t* sizes) {
  int32_t ndim = region->info->tensors[input].ndim;
  region->tensors[input].data = data;
  if (ndim > 0) memcpy(region->tensors[input].shape, sizes, (size_t)ndim * sizeof(int64_t));
  return ndim;
}

/* The sizes of the outputs as far as they are known before the region runs, -1 for others. */
static int32_t find_shapes(region* region) {
  const int64_t* const* shapes;
  int32_t status = jtvmc_context_shapes(region->own, region->tensors, &shapes);
  if (status != JTVMC_OK) {
    region->outer->said = status;
    return JTVMC_SAID;
  }
  const jtvmc_model_info* info = region->info;
  for (int32_t i = info->num_inputs; i < info->num_inputs + info->num_outputs; i++) {
    size_t bytes = (size_t)info->tensors[i].ndim * sizeof(int64_t);
    if (bytes) memcpy(region->tensors[i].shape, shapes ? shapes[i] : info->tensors[i].shape, bytes);
  }
  return 0;
}

static int brings_memory(const region* region, int32_t index) {
  return region->info->tensors[index].sizes_at <= JTVMC_OWN_MEMORY;
}

static int32_t run(region* region) {
  int32_t status = jtvmc_context_run(region->own, region->tensors);
  region->outer->said = status;
  return status == JTVMC_OK ? 0 : JTVMC_SAID;
}

/* What a region gave, copied to memory that lives as long as the outer run. */
static jtvmc_value* keep(region* region, int32_t index) {
  const DLTensor* tensor = &region->tensors[index];
  int64_t bytes = tensor_bytes(region, index);
  void* data = tensor->data;
  if (brings_memory(region, index)) {
    data = jtvmc_take(region->outer, bytes);
    if (!data) return NULL;
    if (bytes > 0) memcpy(data, tensor->data, (size_t)bytes);
  }
  return jtvmc_tensor_value(region->outer, data, bytes, region->info->tensors[index].ndim,
                            tensor->shape);
}

/* ---- If ---- */

/*
 * Told: the regions, how many values the first reads and how many the second, how many sizes those of
 * the first have, how many results there are. Reads a condition, the sizes of what the branches read,
 * and that; gives the results, each with its sizes.
 */
int32_t jtvmc_control_if(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const int64_t* told = buffers[0];
  jtvmc_context* context = buffers[1];
  int is_true = *(const uint8_t*)buffers[2] != 0;
  const int64_t* sizes = (const int64_t*)buffers[3] + (is_true ? 0 : told[4]);
  void** reads = buffers + 4 + (is_true ? 0 : told[2]);
  void** results = buffers + 4 + told[2] + told[3];
  int32_t count = (int32_t)told[5];
  region branch;
  int32_t status = enter(&branch, context, told[is_true ? 0 : 1]);
  if (status != 0) return status;
  int32_t inputs = branch.info->num_inputs;
  for (int32_t i = 0; i < inputs; i++) sizes += give(&branch, i, reads[i], sizes);
  status = find_shapes(&branch);
  for (int32_t i = inputs; status == 0 && i < inputs + count; i++) {
    if (brings_memory(&branch, i)) continue;
    branch.tensors[i].data = jtvmc_take(context, tensor_bytes(&branch, i));
    if (!branch.tensors[i].data) status = JTVMC_NO_MEMORY;
  }
  if (status == 0) status = run(&branch);
  for (int32_t i = 0; status == 0 && i < count; i++) {
    jtvmc_value* value = keep(&branch, inputs + i);
    if (!value) return JTVMC_NO_MEMORY;
    jtvmc_describe_value(value, results[i]);
  }
  return status;
}

/* ---- Loop ---- */

/* A value that one step hands to the next, in turn in one of two places. */
typedef struct {
  growing places[2];
  int32_t next;
} carried;

/* What all steps give of one result, one behind the other. */
typedef struct {
  growing all;
  int64_t bytes;  /* of all so far */
  int64_t* shape; /* that of one step's */
} collected;

typedef struct {
  region body;
  int32_t num_carried;
  int32_t num_collected;
  carried* carried;
  collected* collected;
  int64_t steps;
  int32_t keeps; /* whether what a step makes outlives it */
  uint8_t goes_on;
} loop;

static int32_t first_output(const loop* loop) { return loop->body.info->num_inputs; }

/* Where the body writes: into its places, unless it brings memory of its own. */
static int32_t place_outputs(loop* loop) {
  region* body = &loop->body;
  int32_t output = first_output(loop);
  body->tensors[output++].data = &loop->goes_on;
  for (int32_t i = 0; i < loop->num_carried; i++, output++) {
    if (brings_memory(body, output)) continue;
    growing* place = &loop->carried[i].places[loop->carried[i].next];
    if (!make_room(body->outer, place, tensor_bytes(body, output), 0)) return JTVMC_NO_MEMORY;
    body->tensors[output].data = place->data;
  }
  for (int32_t i = 0; i < loop->num_collected; i++, output++) {
    if (brings_memory(body, output)) continue;
    collected* own = &loop->collected[i];
    int64_t bytes = tensor_bytes(body, output);
    if (bytes < 0 || !make_room(body->outer, &own->all, own->bytes + bytes, own->bytes)) {
      return JTVMC_NO_MEMORY;
    }
    body->tensors[output].data = own->all.data + own->bytes;
  }
  return 0;
}

/* Has the next step read what this one gave. */
static int32_t carry(loop* loop, int32_t index) {
  region* body = &loop->body;
  carried* own = &loop->carried[index];
  int32_t output = first_output(loop) + 1 + index;
  void* data = body->tensors[output].data;
  if (brings_memory(body, output)) {
    int64_t bytes = tensor_bytes(body, output);
    if (!make_room(body->outer, &own->places[own->next], bytes, 0)) return JTVMC_NO_MEMORY;
    if (bytes > 0) memcpy(own->places[own->next].data, data, (size_t)bytes);
    data = own->places[own->next].data;
  }
  own->next = 1 - own->next;
  give(body, 2 + index, data, body->tensors[output].shape);
  return 0;
}

static int32_t collect(loop* loop, int32_t index) {
  region* body = &loop->body;
  collected* own = &loop->collected[index];
  int32_t output = first_output(loop) + 1 + loop->num_carried + index;
  const DLTensor* given = &body->tensors[output];
  int32_t ndim = body->info->tensors[output].ndim;
  int64_t bytes = tensor_bytes(body, output);
  if (loop->steps == 0) {
    memcpy(own->shape, given->shape, (size_t)ndim * sizeof(int64_t));
  } else if (ndim > 0 && memcmp(own->shape, given->shape, (size_t)ndim * sizeof(int64_t)) != 0) {
    return jtvmc_refuse(body->outer, "a loop collects results of different sizes");
  }
  if (brings_memory(body, output)) {
    if (!make_room(body->outer, &own->all, own->bytes + bytes, own->bytes)) return JTVMC_NO_MEMORY;
    if (bytes > 0) memcpy(own->all.data + own->bytes, given->data, (size_t)bytes);
  }
  own->bytes += bytes;
  return 0;
}

/* Runs the body. What it takes of the memory of the run is given back, unless the next step may see
   it: sequences and texts live there. */
static int32_t run_step(loop* loop) {
  jtvmc_texts* memory = &loop->body.outer->root->texts;
  jtvmc_texts mark = jtvmc_texts_mark(memory);
  int32_t status = run(&loop->body);
  if (!loop->keeps) jtvmc_texts_back(memory, mark);
  return status;
}

static int32_t step(loop* loop) {
  int32_t status = find_shapes(&loop->body);
  if (status == 0) status = place_outputs(loop);
  if (status == 0) status = run_step(loop);
  for (int32_t i = 0; status == 0 && i < loop->num_carried; i++) status = carry(loop, i);
  for (int32_t i = 0; status == 0 && i < loop->num_collected; i++) status = collect(loop, i);
  loop->steps++;
  return status;
}

/* Room for what the loop keeps about its values. */
static int32_t prepare(loop* loop, jtvmc_context* context) {
  loop->carried = jtvmc_take(context, loop->num_carried * (int64_t)sizeof(carried));
  loop->collected = jtvmc_take(context, loop->num_collected * (int64_t)sizeof(collected));
  if (!loop->carried || !loop->collected) return JTVMC_NO_MEMORY;
  memset(loop->carried, 0, (size_t)loop->num_carried * sizeof(carried));
  memset(loop->collected, 0, (size_t)loop->num_collected * sizeof(collected));
  int32_t output = first_output(loop) + 1 + loop->num_carried;
  for (int32_t i = 0; i < loop->num_collected; i++) {
    int32_t ndim = loop->body.info->tensors[output + i].ndim;
    collected* own = &loop->collected[i];
    /* One more in front, for the number of steps. */
    own->shape = jtvmc_take(context, (ndim + 1) * (int64_t)sizeof(int64_t));
    if (!own->shape) return JTVMC_NO_MEMORY;
    own->shape++;
    for (int32_t d = 0; d < ndim; d++) {
      int64_t size = loop->body.info->tensors[output + i].shape[d];
      own->shape[d] = size < 0 ? 0 : size;
    }
  }
  return 0;
}

/* What the loop carries in the end: what the last step gave, or what it began with. */
static jtvmc_value* last_of(loop* loop, int32_t index) {
  region* body = &loop->body;
  const DLTensor* tensor = &body->tensors[2 + index];
  int64_t bytes = tensor_bytes(body, 2 + index);
  void* data = tensor->data;
  if (loop->steps == 0) {
    data = jtvmc_take(body->outer, bytes);
    if (!data) return NULL;
    if (bytes > 0) memcpy(data, tensor->data, (size_t)bytes);
  }
  return jtvmc_tensor_value(body->outer, data, bytes, tensor->ndim, tensor->shape);
}

static jtvmc_value* all_of(loop* loop, int32_t index) {
  collected* own = &loop->collected[index];
  int32_t output = first_output(loop) + 1 + loop->num_carried + index;
  own->shape[-1] = loop->steps;
  return jtvmc_tensor_value(loop->body.outer, own->all.data, own->bytes,
                            loop->body.info->tensors[output].ndim + 1, own->shape - 1);
}

/*
 * Told: the region, how many values each step hands to the next, how many it reads beside, how many
 * results are collected, whether what a step makes outlives it. Reads how many steps there are at most, whether there is a first one, the
 * sizes of what the body reads, and that; gives the results, each with its sizes.
 */
int32_t jtvmc_control_loop(void** buffers, jtvmc_pool* pool) {
  (void)pool;
  const int64_t* told = buffers[0];
  jtvmc_context* context = buffers[1];
  int64_t most = *(const int64_t*)buffers[2];
  const int64_t* sizes = buffers[4];
  void** reads = buffers + 5;
  void** results = reads + told[1] + told[2];
  loop loop = {.num_carried = (int32_t)told[1], .num_collected = (int32_t)told[3]};
  loop.keeps = told[4] != 0;
  loop.goes_on = *(const uint8_t*)buffers[3] != 0;
  int32_t status = enter(&loop.body, context, told[0]);
  if (status == 0) status = prepare(&loop, context);
  if (status != 0) return status;
  uint8_t condition = 1;
  give(&loop.body, 0, &loop.steps, NULL);
  give(&loop.body, 1, &condition, NULL);
  for (int32_t i = 0; i < told[1] + told[2]; i++) {
    sizes += give(&loop.body, 2 + i, reads[i], sizes);
  }
  while (status == 0 && loop.goes_on && loop.steps < most) status = step(&loop);
  for (int32_t i = 0; status == 0 && i < loop.num_carried + loop.num_collected; i++) {
    jtvmc_value* value =
        i < loop.num_carried ? last_of(&loop, i) : all_of(&loop, i - loop.num_carried);
    if (!value) return JTVMC_NO_MEMORY;
    jtvmc_describe_value(value, results[i]);
  }
  return status;
}
