/*
 * jtvmc.h - C interface of a compiled model.
 *
 * A model library exports the functions declared here under the model's own name: for a model
 * called "minilm", minilm_open is jtvmc_open, minilm_run is jtvmc_run, and so on. The generated
 * header <name>.h declares them. Two models can so live in one process.
 *
 *   model    code and weights. Immutable once open, shared by any number of threads.
 *   context  the workspace of one running inference: one for each thread that calls run.
 *   run      reads and writes the caller's tensors in place. It allocates nothing, unless the model
 *            makes texts, or values of sizes that have no bound; that memory is then used again.
 *
 * A model may leave sizes open: such a size is -1 in its description. It runs with any sizes that
 * fit together; infer_shapes tells those of the outputs. A context's workspace then grows when a run
 * needs more than any before: the one time when run allocates, unless the context was given memory
 * of the caller's.
 *
 * A model compiled for GPUs (target "cuda") has one function more, run_on_stream, for tensors that
 * are in the memory of the GPU. It needs no CUDA library but the driver, which is looked for when
 * the model is opened.
 *
 * Every function that can fail returns a jtvmc_status; 0 means success. After a failure,
 * jtvmc_error() gives one sentence for the calling thread.
 *
 * This header is for C99 and later, and for C++98 and later.
 */
#ifndef JTVMC_H
#define JTVMC_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JTVMC_ABI_VERSION 3

/*
 * DLPack (https://dmlc.github.io/dlpack, ABI 1.x). A program that also uses dlpack.h includes it
 * before this header; the layouts are the same.
 */
#ifndef DLPACK_DLPACK_H_

typedef enum {
  kDLCPU = 1,
  kDLCUDA = 2,        /* the memory of a GPU */
  kDLCUDAHost = 3,    /* pinned memory of the CPU */
  kDLCUDAManaged = 13 /* memory that moves between both */
} DLDeviceType;

typedef struct DLDevice {
  DLDeviceType device_type;
  int32_t device_id;
} DLDevice;

typedef enum {
  kDLInt = 0,
  kDLUInt = 1,
  kDLFloat = 2,
  kDLOpaqueHandle = 3,
  kDLBfloat = 4,
  kDLBool = 6,
  kDLFloat8_e4m3fn = 10,
  kDLFloat8_e4m3fnuz = 11,
  kDLFloat8_e5m2 = 12,
  kDLFloat8_e5m2fnuz = 13,
  kDLFloat8_e8m0fnu = 14,
  kDLFloat4_e2m1fn = 17
} DLDataTypeCode;

typedef struct DLDataType {
  uint8_t code;   /* a DLDataTypeCode */
  uint8_t bits;   /* of one lane; fewer than 8 still take a byte, an int extended by its sign */
  uint16_t lanes; /* always 1 here */
} DLDataType;

typedef struct DLTensor {
  void* data;
  DLDevice device;
  int32_t ndim;
  DLDataType dtype;
  int64_t* shape;
  int64_t* strides; /* in elements; NULL means compact and row-major */
  uint64_t byte_offset;
} DLTensor;

#endif /* DLPACK_DLPACK_H_ */

/*
 * An element of a tensor of texts (code kDLOpaqueHandle, 128 bits): bytes of UTF-8, with no zero at
 * the end. The texts of outputs belong to the context, or are parts of the inputs' texts: they can
 * be read until the context runs again or is destroyed, and as long as the inputs' are there.
 */
typedef struct jtvmc_text {
  const char* data;
  uint64_t size; /* in bytes */
} jtvmc_text;

typedef enum jtvmc_status {
  JTVMC_OK = 0,
  JTVMC_INVALID_ARGUMENT = 1, /* a NULL, an overlap, a wrong alignment, a context in use */
  JTVMC_WRONG_TYPE = 2,       /* a tensor's dtype is not the model's */
  JTVMC_WRONG_SHAPE = 3,      /* a tensor's rank, shape or strides are not the model's */
  JTVMC_WRONG_DEVICE = 4,     /* a tensor is in the memory of another device */
  JTVMC_OUT_OF_MEMORY = 5,
  JTVMC_UNSUPPORTED_CPU = 6, /* this CPU lacks an instruction set the library was built for */
  JTVMC_WEIGHTS = 7,         /* the weights file is missing, unreadable or of another model */
  JTVMC_KERNEL = 8,          /* a kernel failed */
  JTVMC_NO_DEVICE = 9,       /* no NVIDIA driver, no GPU, or one too old for the library */
  JTVMC_DEVICE = 10          /* the driver refused a call, or a kernel faulted on the GPU */
} jtvmc_status;

typedef struct jtvmc_model jtvmc_model;
typedef struct jtvmc_context jtvmc_context;
typedef struct jtvmc_pool jtvmc_pool;
typedef struct jtvmc_open_model jtvmc_open_model;

/* Values of sizes_at: the sizes are known before a run; the output comes in the context's memory (so
   all from here downwards); else, from 0 on, in the caller's. */
#define JTVMC_FIXED_SIZES (-1)
#define JTVMC_OWN_MEMORY (-2)

/* What a model expects of one tensor. */
typedef struct jtvmc_tensor_info {
  const char* name;
  const int64_t* shape; /* ndim sizes; -1 for one that is open, or that a run decides */
  int32_t ndim;
  DLDataType dtype;
  uint64_t alignment; /* of the data, in bytes; a power of two */
  uint64_t capacity;  /* bytes that the data take, or may take */
  /* JTVMC_FIXED_SIZES, unless a run decides over the sizes of this output; see jtvmc_run. */
  int64_t sizes_at;
} jtvmc_tensor_info;

/*
 * Runs the whole model: io holds the data of the inputs, then of the outputs, then the context's
 * memory for texts, and the context. A NULL pool means the calling thread alone. Returns 0, or the code of the kernel that failed.
 */
typedef int32_t (*jtvmc_entry)(void** io, void* workspace, const void* weights, jtvmc_pool* pool);

/* A model as the compiler wrote it into its library. */
typedef struct jtvmc_model_info {
  uint32_t abi_version;
  int32_t num_inputs;
  int32_t num_outputs;
  uint32_t device_type; /* where it runs: kDLCUDA, or kDLCPU, for which 0 stands as well */
  const char* name;
  const char* target;       /* the target string the model was compiled for */
  const char* cpu_features; /* comma-separated, as LLVM names them: "avx2,fma" */
  const jtvmc_tensor_info* tensors; /* the inputs, then the outputs */
  uint64_t workspace_size;          /* bytes of one context's workspace; 0 where sizes are open */
  uint64_t weights_size;            /* bytes */
  const void* weights;              /* in the library, or NULL */
  const char* weights_file; /* when weights is NULL: a file beside the library, or NULL */
  jtvmc_entry entry;        /* of a model for the CPU whose sizes are known, else NULL */
  const jtvmc_open_model* open; /* of a model whose sizes are open, else NULL */
  /* The bodies of its loops and the branches of its conditions. */
  const struct jtvmc_model_info* const* regions;
  int32_t num_regions;
} jtvmc_model_info;

typedef struct jtvmc_options {
  /* Threads that serve one run, the caller included; 0 means one for each core this process may
     use (affinity mask and cgroup quota considered). */
  int32_t num_threads;
  /* Of a model for GPUs: which one, as the driver counts. */
  uint32_t device;
  /* The weights file, where it does not lie beside the library; or NULL. */
  const char* weights_path;
} jtvmc_options;

/* The model in this library. */
const jtvmc_model_info* jtvmc_describe(void);

/* The sentence that belongs to the calling thread's last failure; never NULL. */
const char* jtvmc_error(void);

/* Opens the model; NULL options mean the defaults. Threads are started by the first run. */
int32_t jtvmc_open(const jtvmc_options* options, jtvmc_model** model);

/* Closes the model after all its contexts are destroyed. NULL is allowed. */
void jtvmc_close(jtvmc_model* model);

/* Makes a context and allocates its workspace. The model must outlive it. */
int32_t jtvmc_context_create(jtvmc_model* model, jtvmc_context** context);

/* NULL is allowed. */
void jtvmc_context_destroy(jtvmc_context* context);

/*
 * Writes the shapes of the outputs that go with those of the inputs to where the outputs' shapes
 * point; of all tensors, ndim and shape alone are looked at. Not of a model for GPUs.
 */
int32_t jtvmc_infer_shapes(jtvmc_model* model, DLTensor* tensors);

/* The bytes of workspace that a run with the shapes of these inputs needs. Not of a model for GPUs. */
int32_t jtvmc_workspace_size(jtvmc_model* model, const DLTensor* tensors, uint64_t* size);

/*
 * Has the context work in memory of the caller's, 64-byte aligned, until it is destroyed or given
 * other memory; NULL gives it its own again. A run that needs more fails. Not of a model for GPUs.
 */
int32_t jtvmc_context_use_workspace(jtvmc_context* context, void* memory, uint64_t size);

/*
 * Runs the model on num_inputs + num_outputs tensors: the inputs, then the outputs, all compact
 * and row-major; outputs overlap nothing. The threads of a model serve one run at a time: of
 * several contexts running at once, those that find the threads busy work on their own thread
 * alone.
 *
 * An output whose sizes a run decides (sizes_at is not JTVMC_FIXED_SIZES) takes a shape of the
 * caller's own, ndim sizes, which the run fills in. Where there is a most that there can be (the
 * positions that NonZero finds; sizes_at is 0 or more), it takes data of info->capacity bytes, and
 * the elements are compact and row-major at the front of them. Where there is none (what a loop
 * collects; sizes_at is JTVMC_OWN_MEMORY or less), the run writes into the tensor where its data
 * are: in memory of the context, until it runs again or is destroyed. See jtvmc_sized_tensor.
 */
int32_t jtvmc_run(jtvmc_context* context, DLTensor* tensors);

/*
 * Only of a model for GPUs, where jtvmc_run takes tensors of the CPU, copies them in and out on a
 * stream of the context's own and waits; the first such run of a context allocates memory of the
 * GPU for the copies. This one takes tensors of type kDLCUDA on the model's GPU, puts the kernels
 * into the caller's CUstream (a cudaStream_t is one; NULL is the default stream) and returns. It
 * neither waits nor allocates, and may be captured in a CUDA graph. One context's runs share its
 * workspace: those on different streams must not overlap. The model works in the GPU's primary
 * context, which the CUDA runtime uses too.
 */
int32_t jtvmc_run_on_stream(jtvmc_context* context, const DLTensor* tensors, void* stream);

/* A tensor of the form the model expects over the caller's memory; where sizes are open the caller
   puts a shape of its own. */
static inline DLTensor jtvmc_tensor(const jtvmc_tensor_info* info, void* data) {
  DLTensor tensor;
  tensor.data = data;
  tensor.device.device_type = kDLCPU;
  tensor.device.device_id = 0;
  tensor.ndim = info->ndim;
  tensor.dtype = info->dtype;
  tensor.shape = (int64_t*)(uintptr_t)info->shape;
  tensor.strides = 0;
  tensor.byte_offset = 0;
  return tensor;
}

/*
 * The same for an output whose sizes a run decides: data of info->capacity bytes, NULL where that
 * is 0, and a place for info->ndim sizes that the run fills in.
 */
static inline DLTensor jtvmc_sized_tensor(const jtvmc_tensor_info* info, void* data,
                                          int64_t* shape) {
  DLTensor tensor = jtvmc_tensor(info, data);
  tensor.shape = shape;
  return tensor;
}

#ifdef __cplusplus
}
#endif

#endif /* JTVMC_H */
