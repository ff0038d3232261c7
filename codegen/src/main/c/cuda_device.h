/* A model on one GPU: its code and weights there, shared by the contexts of the model. */
#ifndef JTVMC_CUDA_DEVICE_H
#define JTVMC_CUDA_DEVICE_H

#include "cuda_driver.h"
#include "cuda_program.h"

typedef struct jtvmc_cuda_device {
  const jtvmc_cuda* cuda;
  CUdevice device;
  int32_t ordinal;
  CUcontext context; /* the primary one, retained */
  CUmodule* modules;
  CUfunction* functions; /* one for each launch of the program */
  CUdeviceptr weights;   /* 0 where there are none */
} jtvmc_cuda_device;

/* Memory of the CPU, filled with zeros; NULL where there is none left. */
void* jtvmc_zeroed(size_t bytes);

/* Finds the GPU and checks that it runs the program. What was taken is released where it fails. */
int32_t jtvmc_cuda_device_open(jtvmc_cuda_device* device, const jtvmc_model_info* info,
                               const jtvmc_cuda_program* program, int32_t ordinal);

/* Loads code and weights; the GPU's context is current. */
int32_t jtvmc_cuda_device_load(jtvmc_cuda_device* device, const jtvmc_model_info* info,
                               const jtvmc_cuda_program* program, const void* weights);

void jtvmc_cuda_device_close(jtvmc_cuda_device* device, const jtvmc_cuda_program* program);

#endif /* JTVMC_CUDA_DEVICE_H */
