/* What a model for GPUs does, as the compiler writes it into the library: data only. */
#ifndef JTVMC_CUDA_PROGRAM_H
#define JTVMC_CUDA_PROGRAM_H

#include "system.h"

/* Code that is loaded as a whole. */
typedef struct jtvmc_cuda_module {
  const char* ptx;
  const void* cubin;         /* the same, assembled when the library was made; or NULL */
  int32_t cubin_capability;  /* of the devices that it is for: 90 */
  uint32_t reserved;
} jtvmc_cuda_module;

typedef enum jtvmc_cuda_place {
  JTVMC_CUDA_IO = 0,        /* a tensor of the caller, by its index */
  JTVMC_CUDA_WORKSPACE = 1, /* an offset in bytes into the context's workspace */
  JTVMC_CUDA_WEIGHTS = 2,   /* an offset in bytes into the weights */
  JTVMC_CUDA_COUNTERS = 3   /* an offset in bytes into the context's counters */
} jtvmc_cuda_place;

typedef struct jtvmc_cuda_argument {
  uint32_t place; /* a jtvmc_cuda_place */
  uint32_t map;   /* 0: the kernel is given the address; else a map of the tensor there, by its number from 1 */
  uint64_t value;
} jtvmc_cuda_argument;

/* What a kernel has the device copy of a tensor: what cuTensorMapEncodeTiled is told of boxes, or
   cuTensorMapEncodeIm2col of pixels that are counted through. */
typedef struct jtvmc_cuda_map {
  uint32_t type; /* a CUtensorMapDataType */
  uint32_t rank;
  uint64_t sizes[5]; /* in elements, innermost first */
  uint64_t strides[4]; /* in bytes, of all dimensions but the innermost */
  uint32_t box[5]; /* of pixels: channels, pixels */
  uint32_t pixels; /* not 0 where pixels are counted through */
  int32_t lower[3]; /* the corners of where they lie, innermost first */
  int32_t upper[3];
  uint32_t steps[5];
  uint32_t reserved;
} jtvmc_cuda_map;

typedef struct jtvmc_cuda_launch {
  const char* entry;
  uint32_t module;
  uint32_t grid[3];
  uint32_t block[3];
  uint32_t shared_bytes;
  uint32_t first_argument; /* in the program's arguments */
  uint32_t num_arguments;
} jtvmc_cuda_launch;

typedef struct jtvmc_cuda_program {
  int32_t capability; /* of the oldest device that runs the PTX: 90 */
  int32_t exact;      /* not 0 where newer devices do not run it (sm_90a) */
  uint32_t num_modules;
  uint32_t num_launches;
  uint32_t num_arguments; /* of all launches */
  uint32_t num_maps;
  const jtvmc_cuda_module* modules;
  const jtvmc_cuda_launch* launches;
  const jtvmc_cuda_argument* arguments;
  const jtvmc_cuda_map* maps;
  uint64_t counter_bytes; /* of a context: zero before each launch, and after it */
} jtvmc_cuda_program;

#endif /* JTVMC_CUDA_PROGRAM_H */
