/* The interface of jtvmc.h for models compiled for GPUs. */
#include "bind.h"
#include "cuda_device.h"
#include "error.h"
#include "weights.h"

/* The model of this library, and what it does on a GPU: written by the compiler. */
extern const jtvmc_model_info jtvmc_this_model JTVMC_HIDDEN;
extern const jtvmc_cuda_program jtvmc_this_program JTVMC_HIDDEN;

struct jtvmc_model {
  jtvmc_weights weights; /* of the CPU */
  jtvmc_cuda_device device;
  uint32_t lock;   /* held while code and weights are brought to the GPU */
  uint32_t loaded; /* they are there */
};

struct jtvmc_context {
  jtvmc_model* model;
  CUdeviceptr workspace;
  CUdeviceptr counters; /* of blocks: zero between launches */
  CUstream stream;      /* of runs on tensors of the CPU */
  CUdeviceptr* staging; /* the copies of the CPU's tensors; NULL until there is such a run */
  uint32_t running;
  void** io;           /* the data of the inputs, then of the outputs */
  CUdeviceptr* values; /* of all launches' arguments */
  void** parameters;   /* the addresses of those, or of maps */
  jtvmc_cuda_tensor_map* maps; /* for each argument that is one; NULL where there is none */
};

const jtvmc_model_info* jtvmc_describe(void) { return &jtvmc_this_model; }

/* ---- Models ---- */

static void release(jtvmc_model* model) {
  if (model->device.cuda) jtvmc_cuda_device_close(&model->device, &jtvmc_this_program);
  jtvmc_weights_release(&model->weights, &jtvmc_this_model);
  free(model);
}

int32_t jtvmc_open(const jtvmc_options* options, jtvmc_model** model) {
  if (!model) return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "open: the place for the model is NULL");
  *model = NULL;
  jtvmc_model* opened = jtvmc_zeroed(sizeof *opened);
  if (!opened) return jtvmc_fail(JTVMC_OUT_OF_MEMORY, "open: out of memory");
  int32_t status = jtvmc_weights_find(&opened->weights, &jtvmc_this_model, options);
  if (status == JTVMC_OK) {
    int32_t ordinal = options ? (int32_t)options->device : 0;
    status = jtvmc_cuda_device_open(&opened->device, &jtvmc_this_model, &jtvmc_this_program,
                                    ordinal);
  }
  if (status != JTVMC_OK) {
    release(opened);
    return status;
  }
  *model = opened;
  return JTVMC_OK;
}

void jtvmc_close(jtvmc_model* model) {
  if (model) release(model);
}

/* Brings code and weights to the GPU, for the first context; the others wait. */
static int32_t load_once(jtvmc_model* model) {
  while (__atomic_exchange_n(&model->lock, 1, __ATOMIC_ACQUIRE)) syscall(SYS_SCHED_YIELD);
  int32_t status = JTVMC_OK;
  if (!model->loaded) {
    status = jtvmc_cuda_device_load(&model->device, &jtvmc_this_model, &jtvmc_this_program,
                                    model->weights.data);
    model->loaded = status == JTVMC_OK;
  }
  __atomic_store_n(&model->lock, 0, __ATOMIC_RELEASE);
  return status;
}

/* ---- Contexts ---- */

static CUresult encode_map(const jtvmc_cuda* cuda, const jtvmc_cuda_map* map, CUdeviceptr address,
                           jtvmc_cuda_tensor_map* made) {
  if (map->pixels) {
    return cuda->cuTensorMapEncodeIm2col(
        made, (int)map->type, map->rank, address, map->sizes, map->strides, map->lower, map->upper,
        map->box[0], map->box[1], map->steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
        CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
        CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  }
  return cuda->cuTensorMapEncodeTiled(
      made, (int)map->type, map->rank, address, map->sizes, map->strides, map->box, map->steps,
      CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
      CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
}

/* Gives an argument its address, or makes the map of the tensor that lies there. */
static int32_t set_argument(jtvmc_context* context, uint32_t index, CUdeviceptr address) {
  uint32_t number = jtvmc_this_program.arguments[index].map;
  if (number == 0) {
    context->values[index] = address;
    context->parameters[index] = &context->values[index];
    return JTVMC_OK;
  }
  const jtvmc_cuda* cuda = context->model->device.cuda;
  const jtvmc_cuda_map* map = &jtvmc_this_program.maps[number - 1];
  context->parameters[index] = &context->maps[index];
  if (context->values[index] == address) return JTVMC_OK;
  CUresult code = encode_map(cuda, map, address, &context->maps[index]);
  if (code) return jtvmc_cuda_fail(cuda, code, "run: the GPU cannot copy boxes of a tensor");
  context->values[index] = address;
  return JTVMC_OK;
}

/* The arguments that are the same in every run. */
static int32_t fill_arguments(jtvmc_context* context) {
  const jtvmc_cuda_program* program = &jtvmc_this_program;
  for (uint32_t i = 0; i < program->num_arguments; i++) {
    const jtvmc_cuda_argument* argument = &program->arguments[i];
    if (argument->place == JTVMC_CUDA_IO) continue;
    CUdeviceptr base = argument->place == JTVMC_CUDA_WORKSPACE  ? context->workspace
                       : argument->place == JTVMC_CUDA_COUNTERS ? context->counters
                                                                : context->model->device.weights;
    int32_t status = set_argument(context, i, base + argument->value);
    if (status != JTVMC_OK) return status;
  }
  return JTVMC_OK;
}

/* Counters that are zero. Kernels leave them so, so that no run and no graph has to do it again. */
static int32_t make_counters(jtvmc_context* context) {
  const jtvmc_cuda* cuda = context->model->device.cuda;
  size_t bytes = jtvmc_this_program.counter_bytes;
  if (bytes == 0) return JTVMC_OK;
  void* zeros = jtvmc_zeroed(bytes);
  if (!zeros) return jtvmc_fail(JTVMC_OUT_OF_MEMORY, "context_create: out of memory");
  CUresult code = cuda->cuMemAlloc_v2(&context->counters, bytes);
  if (!code) code = cuda->cuMemcpyHtoDAsync_v2(context->counters, zeros, bytes, context->stream);
  if (!code) code = cuda->cuStreamSynchronize(context->stream);
  free(zeros);
  return code ? jtvmc_cuda_fail(cuda, code, "context_create: no counters on the GPU") : JTVMC_OK;
}

static int32_t fill_context(jtvmc_context* context) {
  const jtvmc_model_info* info = &jtvmc_this_model;
  const jtvmc_cuda* cuda = context->model->device.cuda;
  size_t tensors = (size_t)info->num_inputs + (size_t)info->num_outputs;
  context->io = jtvmc_zeroed(tensors * sizeof(void*));
  context->values = jtvmc_zeroed(jtvmc_this_program.num_arguments * sizeof(CUdeviceptr));
  context->parameters = jtvmc_zeroed(jtvmc_this_program.num_arguments * sizeof(void*));
  if (jtvmc_this_program.num_maps > 0) {
    context->maps = jtvmc_zeroed(jtvmc_this_program.num_arguments * sizeof *context->maps);
  }
  if (!context->io || !context->values || !context->parameters ||
      (jtvmc_this_program.num_maps > 0 && !context->maps)) {
    return jtvmc_fail(JTVMC_OUT_OF_MEMORY, "context_create: out of memory");
  }
  int32_t status = load_once(context->model);
  if (status != JTVMC_OK) return status;
  if (info->workspace_size > 0) {
    CUresult code = cuda->cuMemAlloc_v2(&context->workspace, info->workspace_size);
    if (code) return jtvmc_cuda_fail(cuda, code, "context_create: no workspace on the GPU");
  }
  CUresult code = cuda->cuStreamCreate(&context->stream, CU_STREAM_NON_BLOCKING);
  if (code) return jtvmc_cuda_fail(cuda, code, "context_create: no stream");
  status = make_counters(context);
  return status == JTVMC_OK ? fill_arguments(context) : status;
}

static void free_staging(jtvmc_context* context) {
  const jtvmc_cuda* cuda = context->model->device.cuda;
  int32_t tensors = jtvmc_this_model.num_inputs + jtvmc_this_model.num_outputs;
  for (int32_t i = 0; context->staging && i < tensors; i++) {
    if (context->staging[i]) cuda->cuMemFree_v2(context->staging[i]);
  }
  free(context->staging);
  context->staging = NULL;
}

static void free_context(jtvmc_context* context) {
  const jtvmc_cuda* cuda = context->model->device.cuda;
  free_staging(context);
  if (context->workspace) cuda->cuMemFree_v2(context->workspace);
  if (context->counters) cuda->cuMemFree_v2(context->counters);
  if (context->stream) cuda->cuStreamDestroy_v2(context->stream);
  free(context->io);
  free(context->values);
  free(context->parameters);
  free(context->maps);
  free(context);
}

/* Makes the GPU's context current; what was current before is put back by leave. */
static int32_t enter(const jtvmc_model* model) {
  CUresult code = model->device.cuda->cuCtxPushCurrent_v2(model->device.context);
  return code ? jtvmc_cuda_fail(model->device.cuda, code, "the GPU cannot be used") : JTVMC_OK;
}

static void leave(const jtvmc_model* model) {
  CUcontext popped;
  model->device.cuda->cuCtxPopCurrent_v2(&popped);
}

int32_t jtvmc_context_create(jtvmc_model* model, jtvmc_context** context) {
  if (!context) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "context_create: the place for it is NULL");
  }
  *context = NULL;
  if (!model) return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "context_create: the model is NULL");
  jtvmc_context* created = jtvmc_zeroed(sizeof *created);
  if (!created) return jtvmc_fail(JTVMC_OUT_OF_MEMORY, "context_create: out of memory");
  created->model = model;
  int32_t status = enter(model);
  if (status != JTVMC_OK) {
    free(created);
    return status;
  }
  status = fill_context(created);
  if (status != JTVMC_OK) {
    free_context(created);
  } else {
    *context = created;
  }
  leave(model);
  return status;
}

void jtvmc_context_destroy(jtvmc_context* context) {
  if (!context) return;
  const jtvmc_model* model = context->model;
  int entered = enter(model) == JTVMC_OK;
  free_context(context);
  if (entered) leave(model);
}

/* ---- Run ---- */

/* Puts all kernels into the stream. io holds addresses on the GPU. */
static int32_t launch_all(jtvmc_context* context, CUstream stream) {
  const jtvmc_cuda_program* program = &jtvmc_this_program;
  const jtvmc_cuda_device* device = &context->model->device;
  for (uint32_t i = 0; i < program->num_arguments; i++) {
    const jtvmc_cuda_argument* argument = &program->arguments[i];
    if (argument->place == JTVMC_CUDA_IO) {
      int32_t status =
          set_argument(context, i, (CUdeviceptr)(uintptr_t)context->io[argument->value]);
      if (status != JTVMC_OK) return status;
    }
  }
  for (uint32_t i = 0; i < program->num_launches; i++) {
    const jtvmc_cuda_launch* launch = &program->launches[i];
    CUresult code = device->cuda->cuLaunchKernel(
        device->functions[i], launch->grid[0], launch->grid[1], launch->grid[2], launch->block[0],
        launch->block[1], launch->block[2], launch->shared_bytes, stream,
        context->parameters + launch->first_argument, NULL);
    if (code) return jtvmc_cuda_fail(device->cuda, code, launch->entry);
  }
  return JTVMC_OK;
}

static int32_t on_device(jtvmc_context* context, const DLTensor* tensors, CUstream stream) {
  jtvmc_memory memory = {kDLCUDA, context->model->device.ordinal, 0};
  int32_t status = jtvmc_bind(&jtvmc_this_model, NULL, tensors, &memory, context->io);
  return status != JTVMC_OK ? status : launch_all(context, stream);
}

static int32_t allocate_staging(jtvmc_context* context) {
  if (context->staging) return JTVMC_OK;
  const jtvmc_cuda* cuda = context->model->device.cuda;
  int32_t tensors = jtvmc_this_model.num_inputs + jtvmc_this_model.num_outputs;
  context->staging = jtvmc_zeroed((size_t)tensors * sizeof(CUdeviceptr));
  if (!context->staging) return jtvmc_fail(JTVMC_OUT_OF_MEMORY, "run: out of memory");
  for (int32_t i = 0; i < tensors; i++) {
    uint64_t bytes = jtvmc_tensor_bytes(&jtvmc_this_model.tensors[i]);
    CUresult code = cuda->cuMemAlloc_v2(&context->staging[i], bytes ? bytes : 1);
    if (code) {
      int32_t status = jtvmc_cuda_fail(cuda, code, "run: no memory on the GPU for the tensors");
      free_staging(context);
      return status;
    }
  }
  return JTVMC_OK;
}

static int32_t on_host(jtvmc_context* context, const DLTensor* tensors) {
  const jtvmc_model_info* info = &jtvmc_this_model;
  const jtvmc_cuda* cuda = context->model->device.cuda;
  jtvmc_memory memory = {kDLCPU, 0, 1};
  int32_t status = jtvmc_bind(info, NULL, tensors, &memory, context->io);
  if (status == JTVMC_OK) status = allocate_staging(context);
  if (status != JTVMC_OK) return status;
  CUresult code = 0;
  for (int32_t i = 0; i < info->num_inputs + info->num_outputs; i++) {
    uint64_t bytes = jtvmc_tensor_bytes(&info->tensors[i]);
    if (i < info->num_inputs && bytes && !code) {
      code = cuda->cuMemcpyHtoDAsync_v2(context->staging[i], context->io[i], bytes, context->stream);
    }
    context->io[i] = (void*)(uintptr_t)context->staging[i];
  }
  if (code) return jtvmc_cuda_fail(cuda, code, "run: the inputs cannot be copied to the GPU");
  status = launch_all(context, context->stream);
  for (int32_t i = info->num_inputs; i < info->num_inputs + info->num_outputs; i++) {
    char* to = (char*)tensors[i].data + tensors[i].byte_offset;
    uint64_t bytes = jtvmc_tensor_bytes(&info->tensors[i]);
    if (status == JTVMC_OK && bytes && !code) {
      code = cuda->cuMemcpyDtoHAsync_v2(to, context->staging[i], bytes, context->stream);
    }
  }
  /* Also after a failure: the caller may free what is still being read. */
  CUresult waited = cuda->cuStreamSynchronize(context->stream);
  if (status != JTVMC_OK) return status;
  if (!code) code = waited;
  return code ? jtvmc_cuda_fail(cuda, code, "run: a kernel failed on the GPU") : JTVMC_OK;
}

static int32_t run(jtvmc_context* context, const DLTensor* tensors, int host, void* stream) {
  if (!context || !tensors) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "run: the %s NULL",
                      context ? "tensors are" : "context is");
  }
  if (__atomic_exchange_n(&context->running, 1, __ATOMIC_ACQUIRE)) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT,
                      "run: the context serves another thread; make one context for each thread");
  }
  int32_t status = enter(context->model);
  if (status == JTVMC_OK) {
    status = host ? on_host(context, tensors) : on_device(context, tensors, stream);
    leave(context->model);
  }
  __atomic_store_n(&context->running, 0, __ATOMIC_RELEASE);
  return status;
}

int32_t jtvmc_run(jtvmc_context* context, DLTensor* tensors) {
  return run(context, tensors, 1, NULL);
}

int32_t jtvmc_run_on_stream(jtvmc_context* context, const DLTensor* tensors, void* stream) {
  return run(context, tensors, 0, stream);
}
