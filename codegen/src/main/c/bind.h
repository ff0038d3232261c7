/* Checks a caller's tensors against what a model expects. */
#ifndef JTVMC_BIND_H
#define JTVMC_BIND_H

#include "jtvmc.h"
#include "sizes.h"

/* The memory that tensors must lie in. */
typedef struct jtvmc_memory {
  int32_t device_type; /* kDLCPU or kDLCUDA */
  int32_t device_id;   /* of a GPU */
  uint64_t alignment;  /* in bytes; 0 means what the model says of each tensor */
} jtvmc_memory;

/* The size of the data of a tensor whose sizes are known. */
uint64_t jtvmc_tensor_bytes(const jtvmc_tensor_info* info);

/*
 * Checks all tensors and stores where the data of each begin in io.
 *
 * shapes are those that the tensors must have; NULL means the model's own.
 */
int32_t jtvmc_bind(const jtvmc_model_info* info, const int64_t* const* shapes,
                   const DLTensor* tensors, const jtvmc_memory* memory, void** io);

/*
 * Tells the caller the sizes of the outputs that the run has decided, and where those are that lie
 * in the context's memory.
 */
int32_t jtvmc_report_sizes(const jtvmc_model_info* info, const jtvmc_sizes* sizes,
                           DLTensor* tensors, void* workspace);

#endif /* JTVMC_BIND_H */
