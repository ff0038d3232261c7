/*
 * The part of the CUDA driver (libcuda.so.1) that a model library calls, found when it is first
 * needed. Names and types are those of cuda.h, whose interface is stable.
 */
#ifndef JTVMC_CUDA_DRIVER_H
#define JTVMC_CUDA_DRIVER_H

#include "jtvmc.h"
#include "system.h"

typedef int CUresult; /* 0 is success */
typedef int CUdevice;
typedef uint64_t CUdeviceptr;
typedef struct CUctx_st* CUcontext;
typedef struct CUmod_st* CUmodule;
typedef struct CUfunc_st* CUfunction;
typedef struct CUstream_st* CUstream;

enum {
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CUDA_ERROR_NO_BINARY_FOR_GPU = 209,
  CUDA_ERROR_UNSUPPORTED_PTX_VERSION = 222,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
  CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8,
  CU_JIT_ERROR_LOG_BUFFER = 5,
  CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6,
  CU_STREAM_NON_BLOCKING = 1,
  CU_TENSOR_MAP_INTERLEAVE_NONE = 0,
  CU_TENSOR_MAP_SWIZZLE_128B = 3,
  CU_TENSOR_MAP_L2_PROMOTION_L2_256B = 3,
  CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE = 0
};

typedef struct jtvmc_cuda_tensor_map {
  _Alignas(64) uint64_t opaque[16];
} jtvmc_cuda_tensor_map;

/* Every function of the driver, by its name in the library. */
#define JTVMC_CUDA_FUNCTIONS(F)                                                                    \
  F(cuInit, (unsigned flags))                                                                      \
  F(cuGetErrorString, (CUresult code, const char** text))                                          \
  F(cuDeviceGetCount, (int* count))                                                                \
  F(cuDeviceGet, (CUdevice * device, int ordinal))                                                 \
  F(cuDeviceGetName, (char* name, int size, CUdevice device))                                      \
  F(cuDeviceGetAttribute, (int* value, int attribute, CUdevice device))                            \
  F(cuDevicePrimaryCtxRetain, (CUcontext * context, CUdevice device))                              \
  F(cuDevicePrimaryCtxRelease_v2, (CUdevice device))                                               \
  F(cuCtxPushCurrent_v2, (CUcontext context))                                                      \
  F(cuCtxPopCurrent_v2, (CUcontext * context))                                                     \
  F(cuMemAlloc_v2, (CUdeviceptr * address, size_t bytes))                                          \
  F(cuMemFree_v2, (CUdeviceptr address))                                                           \
  F(cuMemcpyHtoD_v2, (CUdeviceptr to, const void* from, size_t bytes))                             \
  F(cuMemcpyHtoDAsync_v2, (CUdeviceptr to, const void* from, size_t bytes, CUstream stream))       \
  F(cuMemcpyDtoHAsync_v2, (void* to, CUdeviceptr from, size_t bytes, CUstream stream))             \
  F(cuModuleLoadDataEx,                                                                            \
    (CUmodule * module, const void* image, unsigned count, int* options, void** values))           \
  F(cuModuleUnload, (CUmodule module))                                                             \
  F(cuModuleGetFunction, (CUfunction * function, CUmodule module, const char* name))               \
  F(cuFuncSetAttribute, (CUfunction function, int attribute, int value))                           \
  F(cuLaunchKernel, (CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z,       \
                     unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,  \
                     CUstream stream, void** parameters, void** extra))                            \
  F(cuStreamCreate, (CUstream * stream, unsigned flags))                                           \
  F(cuStreamDestroy_v2, (CUstream stream))                                                         \
  F(cuStreamSynchronize, (CUstream stream))

typedef struct jtvmc_cuda {
#define JTVMC_CUDA_FIELD(name, parameters) CUresult(*name) parameters;
  JTVMC_CUDA_FUNCTIONS(JTVMC_CUDA_FIELD)
#undef JTVMC_CUDA_FIELD
  /* NULL before CUDA 12.0. */
  CUresult (*cuTensorMapEncodeTiled)(jtvmc_cuda_tensor_map* map, int type, uint32_t rank,
                                     CUdeviceptr address, const uint64_t* sizes,
                                     const uint64_t* strides, const uint32_t* box,
                                     const uint32_t* steps, int interleave, int swizzle,
                                     int promotion, int fill);
  CUresult (*cuTensorMapEncodeIm2col)(jtvmc_cuda_tensor_map* map, int type, uint32_t rank,
                                      CUdeviceptr address, const uint64_t* sizes,
                                      const uint64_t* strides, const int* lower, const int* upper,
                                      uint32_t channels, uint32_t pixels, const uint32_t* steps,
                                      int interleave, int swizzle, int promotion, int fill);
} jtvmc_cuda;

/*
 * Loads and starts the driver at the first call. The file is libcuda.so.1, or what the environment
 * variable JTVMC_LIBCUDA names.
 */
int32_t jtvmc_cuda_load(const jtvmc_cuda** cuda);

/* Stores a sentence: what failed, and what the driver says of the code. */
int32_t jtvmc_cuda_fail(const jtvmc_cuda* cuda, CUresult code, const char* what);

#endif /* JTVMC_CUDA_DRIVER_H */
