#include "jtvmc.h"

#include "bind.h"
#include "context.h"
#include "cpu_features.h"
#include "error.h"
#include "host.h"
#include "jtvmc_pool.h"
#include "system.h"

/* The model of this library, written by the compiler. */
extern const jtvmc_model_info jtvmc_this_model JTVMC_HIDDEN;

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

static void free_context(jtvmc_context* context) {
  if (!context) return;
  for (int32_t i = 0; context->regions && i < context->info->num_regions; i++) {
    free_context(context->regions[i]);
  }
  free(context->regions);
  jtvmc_texts_release(&context->texts);
  jtvmc_sizes_free(context->sizes);
  free(context->workspace);
  free(context);
}

/* The parts of a context that are memory of their own. 0 where there is none. */
static int fill_context(jtvmc_context* context) {
  const jtvmc_model_info* info = context->info;
  if (info->num_regions > 0) {
    size_t size = ((size_t)info->num_regions * sizeof(void*) + 63) / 64 * 64;
    context->regions = aligned_alloc(64, size);
    if (!context->regions) return 0;
    memset(context->regions, 0, size);
  }
  if (info->open) {
    context->sizes = jtvmc_sizes_create(info);
    if (!context->sizes) return 0;
  }
  if (info->workspace_size > 0) {
    context->workspace = allocate_workspace(info->workspace_size);
    if (!context->workspace) return 0;
    context->workspace_size = info->workspace_size;
  }
  return 1;
}

/* root is NULL for one of the caller's. */
static jtvmc_context* make_context(const jtvmc_model* model, const jtvmc_model_info* info,
                                   jtvmc_context* root) {
  size_t tensors = (size_t)info->num_inputs + (size_t)info->num_outputs;
  size_t size = sizeof(jtvmc_context) + (tensors + 2) * sizeof(void*);
  jtvmc_context* created = aligned_alloc(64, (size + 63) / 64 * 64);
  if (created) {
    memset(created, 0, size);
    created->model = model;
    created->info = info;
    created->root = root ? root : created;
    created->io[tensors] = &created->root->texts;
    created->io[tensors + 1] = created;
    if (fill_context(created)) return created;
    free_context(created);
  }
  jtvmc_fail(JTVMC_OUT_OF_MEMORY, "no memory for a context with a workspace of %llu bytes",
             (unsigned long long)info->workspace_size);
  return NULL;
}

int32_t jtvmc_context_create(jtvmc_model* model, jtvmc_context** context) {
  if (!context) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "context_create: the place for it is NULL");
  }
  *context = NULL;
  if (!model) return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "context_create: the model is NULL");
  *context = make_context(model, model->info, NULL);
  return *context ? JTVMC_OK : JTVMC_OUT_OF_MEMORY;
}

void jtvmc_context_destroy(jtvmc_context* context) { free_context(context); }

jtvmc_context* jtvmc_region_context(jtvmc_context* context, int32_t region) {
  jtvmc_context** own = &context->regions[region];
  if (!*own) *own = make_context(context->model, context->info->regions[region], context->root);
  return *own;
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
  uint64_t size = workspace_of(context->info, context->sizes);
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

int32_t jtvmc_context_shapes(jtvmc_context* context, const DLTensor* tensors,
                             const int64_t* const** shapes) {
  jtvmc_sizes* sizes = context->sizes;
  int32_t status = sizes ? jtvmc_sizes_update(sizes, context->info, tensors) : JTVMC_OK;
  *shapes = shapes_of(sizes);
  return status;
}

/* The sentence for what a kernel returned. */
static int32_t explain(jtvmc_context* context, int32_t status) {
  if (status == JTVMC_SAID) return context->said;
  if (status == JTVMC_REFUSED) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT,
                      "model \"%s\": an input leads to a position, a shape or a text that an "
                      "operator cannot take",
                      context->info->name);
  }
  if (status == JTVMC_NO_MEMORY) {
    return jtvmc_fail(JTVMC_OUT_OF_MEMORY, "run: no memory for what the run decides over");
  }
  return jtvmc_fail(JTVMC_KERNEL, "model \"%s\": a kernel failed with code %d",
                    context->info->name, status);
}

int32_t jtvmc_context_run(jtvmc_context* context, DLTensor* tensors) {
  const jtvmc_model* model = context->model;
  const jtvmc_model_info* info = context->info;
  jtvmc_memory memory = {kDLCPU, 0, 0};
  jtvmc_sizes* sizes = context->sizes;
  const int64_t* const* shapes;
  int32_t status = jtvmc_context_shapes(context, tensors, &shapes);
  if (status == JTVMC_OK) status = jtvmc_bind(info, shapes, tensors, &memory, context->io);
  void* workspace = NULL;
  if (status == JTVMC_OK) status = find_workspace(context, &workspace);
  if (status != JTVMC_OK) return status;
  context->workspace_in_use = workspace;
  const void* weights = model->weights.data;
  if (sizes && !sizes->fixed) {
    status = sizes->open->entry(context->io, workspace, weights, model->pool, sizes->values,
                                sizes->offsets);
  } else {
    jtvmc_entry entry = sizes ? sizes->fixed->entry : info->entry;
    status = entry(context->io, workspace, weights, model->pool);
  }
  if (status != 0) return explain(context, status);
  return jtvmc_report_sizes(info, sizes, tensors, workspace);
}

int32_t jtvmc_run(jtvmc_context* context, DLTensor* tensors) {
  if (!context || !tensors) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "run: the %s NULL",
                      context ? "tensors are" : "context is");
  }
  if (__atomic_exchange_n(&context->running, 1, __ATOMIC_ACQUIRE)) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT,
                      "run: the context serves another thread; make one context for each thread");
  }
  jtvmc_texts_reset(&context->texts);
  int32_t status = jtvmc_context_run(context, tensors);
  __atomic_store_n(&context->running, 0, __ATOMIC_RELEASE);
  return status;
}
