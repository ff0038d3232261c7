#include "jtvmc.h"

#include "bind.h"
#include "cpu_features.h"
#include "error.h"
#include "host.h"
#include "jtvmc_pool.h"
#include "sizes.h"
#include "system.h"
#include "texts.h"
#include "weights.h"

/* The model of this library, written by the compiler. */
extern const jtvmc_model_info jtvmc_this_model JTVMC_HIDDEN;

struct jtvmc_model {
  const jtvmc_model_info* info;
  jtvmc_weights weights;
  jtvmc_pool* pool;
  jtvmc_model* next; /* in open_models */
};

struct jtvmc_context {
  const jtvmc_model* model;
  void* workspace;
  uint64_t workspace_size;
  void* lent;           /* workspace of the caller's, or NULL */
  uint64_t lent_size;
  jtvmc_sizes* sizes;   /* of a model whose sizes are open, else NULL */
  uint32_t running;
  jtvmc_texts texts;
  void* io[]; /* the data of the inputs, then of the outputs, then the memory for texts */
};

/* What huge pages are worth asking for. */
#define HUGE_PAGE ((uint64_t)2 << 20)

const jtvmc_model_info* jtvmc_describe(void) { return &jtvmc_this_model; }

/* ---- Models ---- */

/* The open models, so that their threads can be stopped when the library is unloaded. */
static jtvmc_model* open_models;
static uint32_t open_models_lock;

static void lock_open_models(void) {
  while (__atomic_exchange_n(&open_models_lock, 1, __ATOMIC_ACQUIRE)) __builtin_ia32_pause();
}

static void unlock_open_models(void) { __atomic_store_n(&open_models_lock, 0, __ATOMIC_RELEASE); }

static void add_open_model(jtvmc_model* model) {
  lock_open_models();
  model->next = open_models;
  open_models = model;
  unlock_open_models();
}

static void remove_open_model(const jtvmc_model* model) {
  lock_open_models();
  for (jtvmc_model** link = &open_models; *link; link = &(*link)->next) {
    if (*link == model) {
      *link = model->next;
      break;
    }
  }
  unlock_open_models();
}

/*
 * A thread must not run on in code that is no longer mapped. This runs at dlclose and at exit; it
 * takes no lock, because another thread may have held it at a fork.
 */
static void stop_threads_of_open_models(void) {
  for (jtvmc_model* model = open_models; model; model = model->next) jtvmc_pool_stop(model->pool);
}

/* Not the attribute "destructor": LLVM's C interface writes that as .dtors, which nobody runs. */
__attribute__((section(".fini_array"), used)) static void (*at_unload)(void) =
    stop_threads_of_open_models;

static void release(jtvmc_model* model) {
  jtvmc_pool_destroy(model->pool);
  jtvmc_weights_release(&model->weights, model->info);
  free(model);
}

static int32_t check_cpu(const jtvmc_model_info* info) {
  const char* missing;
  size_t length = jtvmc_missing_cpu_feature(info->cpu_features, &missing);
  if (length == 0) return JTVMC_OK;
  return jtvmc_fail(JTVMC_UNSUPPORTED_CPU,
                    "model \"%s\" is compiled for \"%s\"; this CPU does not offer %.*s",
                    info->name, info->target, (int)length, missing);
}

int32_t jtvmc_open(const jtvmc_options* options, jtvmc_model** model) {
  const jtvmc_model_info* info = &jtvmc_this_model;
  if (!model) return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "open: the place for the model is NULL");
  *model = NULL;
  int32_t num_threads = options ? options->num_threads : 0;
  if (num_threads < 0 || num_threads > JTVMC_MAX_THREADS) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "open: num_threads is %d, not in 0 to %d",
                      num_threads, JTVMC_MAX_THREADS);
  }
  int32_t status = check_cpu(info);
  if (status != JTVMC_OK) return status;
  jtvmc_model* opened = aligned_alloc(JTVMC_CACHE_LINE, JTVMC_CACHE_LINE);
  if (!opened) return jtvmc_fail(JTVMC_OUT_OF_MEMORY, "open: out of memory");
  memset(opened, 0, sizeof *opened);
  opened->info = info;
  status = jtvmc_weights_find(&opened->weights, info, options);
  if (status == JTVMC_OK) {
    opened->pool = jtvmc_pool_create(num_threads);
    if (!opened->pool) status = jtvmc_fail(JTVMC_OUT_OF_MEMORY, "open: out of memory");
  }
  if (status != JTVMC_OK) {
    release(opened);
    return status;
  }
  add_open_model(opened);
  *model = opened;
  return JTVMC_OK;
}

void jtvmc_close(jtvmc_model* model) {
  if (!model) return;
  remove_open_model(model);
  release(model);
}

/* ---- Contexts ---- */

static void* allocate_workspace(uint64_t size) {
  uint64_t alignment = size >= HUGE_PAGE ? HUGE_PAGE : 64;
  if (size > UINT64_MAX - alignment) return NULL;
  uint64_t rounded = (size + alignment - 1) / alignment * alignment;
  void* memory = aligned_alloc(alignment, rounded);
  if (memory && alignment == HUGE_PAGE) madvise(memory, rounded, MADV_HUGEPAGE);
  return memory;
}

int32_t jtvmc_context_create(jtvmc_model* model, jtvmc_context** context) {
  if (!context) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "context_create: the place for it is NULL");
  }
  *context = NULL;
  if (!model) return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "context_create: the model is NULL");
  const jtvmc_model_info* info = model->info;
  size_t tensors = (size_t)info->num_inputs + (size_t)info->num_outputs;
  size_t size = sizeof(jtvmc_context) + (tensors + 1) * sizeof(void*);
  jtvmc_context* created = aligned_alloc(64, (size + 63) / 64 * 64);
  if (!created) return jtvmc_fail(JTVMC_OUT_OF_MEMORY, "context_create: out of memory");
  memset(created, 0, size);
  created->model = model;
  created->io[tensors] = &created->texts;
  if (info->open) {
    created->sizes = jtvmc_sizes_create(info);
    if (!created->sizes) {
      free(created);
      return jtvmc_fail(JTVMC_OUT_OF_MEMORY, "context_create: out of memory");
    }
  }
  if (info->workspace_size > 0) {
    created->workspace = allocate_workspace(info->workspace_size);
    created->workspace_size = info->workspace_size;
    if (!created->workspace) {
      jtvmc_sizes_free(created->sizes);
      free(created);
      return jtvmc_fail(JTVMC_OUT_OF_MEMORY,
                        "context_create: no memory for a workspace of %llu bytes",
                        (unsigned long long)info->workspace_size);
    }
  }
  *context = created;
  return JTVMC_OK;
}

void jtvmc_context_destroy(jtvmc_context* context) {
  if (!context) return;
  jtvmc_texts_release(&context->texts);
  jtvmc_sizes_free(context->sizes);
  free(context->workspace);
  free(context);
}

int32_t jtvmc_context_use_workspace(jtvmc_context* context, void* memory, uint64_t size) {
  if (!context) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "context_use_workspace: the context is NULL");
  }
  if ((uintptr_t)memory & 63) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT,
                      "context_use_workspace: the memory is not aligned to 64 bytes");
  }
  context->lent = memory;
  context->lent_size = size;
  return JTVMC_OK;
}

/* ---- Shapes ---- */

/* The sizes that go with the inputs; to be freed. NULL where the model's sizes are known. */
static int32_t find_sizes(jtvmc_model* model, const DLTensor* tensors, jtvmc_sizes** sizes) {
  *sizes = NULL;
  if (!model || !tensors) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "the %s NULL", model ? "tensors are" : "model is");
  }
  if (!model->info->open) return JTVMC_OK;
  *sizes = jtvmc_sizes_create(model->info);
  if (!*sizes) return jtvmc_fail(JTVMC_OUT_OF_MEMORY, "out of memory");
  int32_t status = jtvmc_sizes_update(*sizes, model->info, tensors);
  if (status == JTVMC_OK) return status;
  jtvmc_sizes_free(*sizes);
  *sizes = NULL;
  return status;
}

static const int64_t* const* shapes_of(const jtvmc_sizes* sizes) {
  if (!sizes) return NULL;
  return sizes->fixed ? sizes->fixed->shapes : sizes->shapes;
}

static uint64_t workspace_of(const jtvmc_model_info* info, const jtvmc_sizes* sizes) {
  if (!sizes) return info->workspace_size;
  return sizes->fixed ? sizes->fixed->workspace_size : sizes->workspace_size;
}

int32_t jtvmc_infer_shapes(jtvmc_model* model, DLTensor* tensors) {
  jtvmc_sizes* sizes;
  int32_t status = find_sizes(model, tensors, &sizes);
  if (status != JTVMC_OK) return status;
  const jtvmc_model_info* info = model->info;
  const int64_t* const* shapes = shapes_of(sizes);
  for (int32_t i = info->num_inputs; i < info->num_inputs + info->num_outputs; i++) {
    const jtvmc_tensor_info* tensor = &info->tensors[i];
    const int64_t* shape = shapes ? shapes[i] : tensor->shape;
    tensors[i].ndim = tensor->ndim;
    if (tensor->ndim == 0) continue;
    if (!tensors[i].shape) {
      status = jtvmc_fail(JTVMC_INVALID_ARGUMENT, "tensor \"%s\": the shape is NULL", tensor->name);
      break;
    }
    /* A shape that is never another one may be the library's own, which nobody writes to. */
    size_t bytes = (size_t)tensor->ndim * sizeof(int64_t);
    if (memcmp(tensors[i].shape, shape, bytes)) memcpy(tensors[i].shape, shape, bytes);
  }
  jtvmc_sizes_free(sizes);
  return status;
}

int32_t jtvmc_workspace_size(jtvmc_model* model, const DLTensor* tensors, uint64_t* size) {
  if (!size) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "workspace_size: the place for it is NULL");
  }
  jtvmc_sizes* sizes;
  int32_t status = find_sizes(model, tensors, &sizes);
  if (status == JTVMC_OK) *size = workspace_of(model->info, sizes);
  jtvmc_sizes_free(sizes);
  return status;
}

/* ---- Run ---- */

/* Memory for what the run needs: the caller's, or the context's own, which grows. */
static int32_t find_workspace(jtvmc_context* context, void** workspace) {
  uint64_t size = workspace_of(context->model->info, context->sizes);
  if (context->lent) {
    if (size > context->lent_size) {
      return jtvmc_fail(JTVMC_OUT_OF_MEMORY,
                        "run: the context was given %llu bytes of workspace and needs %llu",
                        (unsigned long long)context->lent_size, (unsigned long long)size);
    }
    *workspace = context->lent;
    return JTVMC_OK;
  }
  if (size > context->workspace_size) {
    free(context->workspace);
    context->workspace_size = 0;
    context->workspace = allocate_workspace(size);
    if (!context->workspace) {
      return jtvmc_fail(JTVMC_OUT_OF_MEMORY, "run: no memory for a workspace of %llu bytes",
                        (unsigned long long)size);
    }
    context->workspace_size = size;
  }
  *workspace = context->workspace;
  return JTVMC_OK;
}

static int32_t run_exclusively(jtvmc_context* context, const DLTensor* tensors) {
  const jtvmc_model* model = context->model;
  const jtvmc_model_info* info = model->info;
  jtvmc_memory memory = {kDLCPU, 0, 0};
  jtvmc_sizes* sizes = context->sizes;
  int32_t status = sizes ? jtvmc_sizes_update(sizes, info, tensors) : JTVMC_OK;
  if (status == JTVMC_OK) status = jtvmc_bind(info, shapes_of(sizes), tensors, &memory, context->io);
  void* workspace = NULL;
  if (status == JTVMC_OK) status = find_workspace(context, &workspace);
  if (status != JTVMC_OK) return status;
  jtvmc_texts_reset(&context->texts);
  const void* weights = model->weights.data;
  if (sizes && !sizes->fixed) {
    status = sizes->open->entry(context->io, workspace, weights, model->pool, sizes->values,
                                sizes->offsets);
  } else {
    jtvmc_entry entry = sizes ? sizes->fixed->entry : info->entry;
    status = entry(context->io, workspace, weights, model->pool);
  }
  if (status == 0) return jtvmc_report_sizes(info, tensors, workspace);
  if (status == JTVMC_REFUSED) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT,
                      "model \"%s\": an input leads to a position, a shape or a text that an "
                      "operator cannot take",
                      info->name);
  }
  if (status == JTVMC_NO_MEMORY) {
    return jtvmc_fail(JTVMC_OUT_OF_MEMORY, "run: no memory for texts");
  }
  return jtvmc_fail(JTVMC_KERNEL, "model \"%s\": a kernel failed with code %d", info->name, status);
}

int32_t jtvmc_run(jtvmc_context* context, const DLTensor* tensors) {
  if (!context || !tensors) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "run: the %s NULL",
                      context ? "tensors are" : "context is");
  }
  if (__atomic_exchange_n(&context->running, 1, __ATOMIC_ACQUIRE)) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT,
                      "run: the context serves another thread; make one context for each thread");
  }
  int32_t status = run_exclusively(context, tensors);
  __atomic_store_n(&context->running, 0, __ATOMIC_RELEASE);
  return status;
}
