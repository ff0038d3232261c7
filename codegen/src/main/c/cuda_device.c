#include "cuda_device.h"

#include "error.h"

/* ---- The GPU ---- */

static int32_t check_capability(const jtvmc_cuda* cuda, CUdevice device, int32_t ordinal,
                                const jtvmc_model_info* info, const jtvmc_cuda_program* program) {
  int major = 0, minor = 0;
  CUresult code =
      cuda->cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device);
  if (!code) {
    code = cuda->cuDeviceGetAttribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device);
  }
  if (code) return jtvmc_cuda_fail(cuda, code, "open: the GPU does not say what it is");
  int capability = 10 * major + minor;
  if (program->exact ? capability == program->capability : capability >= program->capability) {
    return JTVMC_OK;
  }
  char name[128] = "unknown";
  cuda->cuDeviceGetName(name, sizeof name, device);
  return jtvmc_fail(JTVMC_NO_DEVICE, "model \"%s\" is compiled for \"%s\"; GPU %d (%s) is sm_%d",
                    info->name, info->target, ordinal, name, capability);
}

int32_t jtvmc_cuda_device_open(jtvmc_cuda_device* device, const jtvmc_model_info* info,
                               const jtvmc_cuda_program* program, int32_t ordinal) {
  int32_t status = jtvmc_cuda_load(&device->cuda);
  if (status != JTVMC_OK) return status;
  const jtvmc_cuda* cuda = device->cuda;
  int count = 0;
  CUresult code = cuda->cuDeviceGetCount(&count);
  if (code) return jtvmc_cuda_fail(cuda, code, "open: GPUs cannot be counted");
  if (ordinal < 0 || ordinal >= count) {
    return jtvmc_fail(JTVMC_NO_DEVICE, "open: there is no GPU %d: the driver finds %d", ordinal,
                      count);
  }
  code = cuda->cuDeviceGet(&device->device, ordinal);
  if (code) return jtvmc_cuda_fail(cuda, code, "open: the GPU cannot be had");
  status = check_capability(cuda, device->device, ordinal, info, program);
  if (status != JTVMC_OK) return status;
  int encodes = cuda->cuTensorMapEncodeTiled && cuda->cuTensorMapEncodeIm2col;
  if (program->num_maps > 0 && !encodes) {
    return jtvmc_fail(JTVMC_NO_DEVICE,
                      "the NVIDIA driver is too old for a model compiled for \"%s\": update it, or compile with -tma=0",
                      info->target);
  }
  code = cuda->cuDevicePrimaryCtxRetain(&device->context, device->device);
  if (code) return jtvmc_cuda_fail(cuda, code, "open: the GPU cannot be used");
  device->ordinal = ordinal;
  return JTVMC_OK;
}

/* ---- Code ---- */

static CUresult load_image(const jtvmc_cuda* cuda, const void* image, CUmodule* module, char* log,
                           size_t log_size) {
  int options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void* values[] = {log, (void*)(uintptr_t)log_size};
  log[0] = 0;
  return cuda->cuModuleLoadDataEx(module, image, 2, options, values);
}

/* A cubin serves the devices of its major version that are not older. */
static int fits(const jtvmc_cuda_module* code, int capability) {
  return code->cubin && code->cubin_capability / 10 == capability / 10 &&
         code->cubin_capability <= capability;
}

static int32_t load_module(jtvmc_cuda_device* device, const jtvmc_cuda_module* code,
                           int capability, const char* target, CUmodule* module) {
  const jtvmc_cuda* cuda = device->cuda;
  char log[320];
  if (fits(code, capability) && !load_image(cuda, code->cubin, module, log, sizeof log)) {
    return JTVMC_OK;
  }
  CUresult result = load_image(cuda, code->ptx, module, log, sizeof log);
  if (!result) return JTVMC_OK;
  if (result == CUDA_ERROR_UNSUPPORTED_PTX_VERSION || result == CUDA_ERROR_NO_BINARY_FOR_GPU) {
    return jtvmc_fail(JTVMC_NO_DEVICE,
                      "the NVIDIA driver is too old for a model compiled for \"%s\": update it",
                      target);
  }
  int32_t status = jtvmc_cuda_fail(cuda, result, "the driver cannot load the model's kernels");
  return log[0] ? jtvmc_fail((jtvmc_status)status, "the driver cannot load the model's kernels: %s",
                             log)
                : status;
}

static int32_t load_code(jtvmc_cuda_device* device, const jtvmc_model_info* info,
                         const jtvmc_cuda_program* program) {
  const jtvmc_cuda* cuda = device->cuda;
  int major = 0, minor = 0;
  cuda->cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device->device);
  cuda->cuDeviceGetAttribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device->device);
  for (uint32_t i = 0; i < program->num_modules; i++) {
    int32_t status = load_module(device, &program->modules[i], 10 * major + minor, info->target,
                                 &device->modules[i]);
    if (status != JTVMC_OK) return status;
  }
  for (uint32_t i = 0; i < program->num_launches; i++) {
    const jtvmc_cuda_launch* launch = &program->launches[i];
    CUfunction* function = &device->functions[i];
    CUresult code =
        cuda->cuModuleGetFunction(function, device->modules[launch->module], launch->entry);
    if (code) return jtvmc_cuda_fail(cuda, code, launch->entry);
    code = cuda->cuFuncSetAttribute(*function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                    (int)launch->shared_bytes);
    if (code) return jtvmc_cuda_fail(cuda, code, "a kernel needs more shared memory than there is");
  }
  return JTVMC_OK;
}

void* jtvmc_zeroed(size_t bytes) {
  size_t rounded = (bytes + 63) / 64 * 64;
  void* memory = aligned_alloc(64, rounded ? rounded : 64);
  if (memory) memset(memory, 0, rounded);
  return memory;
}

/* Gives back what was loaded, all of it or the part before a failure; the context is current. */
static void unload(jtvmc_cuda_device* device, const jtvmc_cuda_program* program) {
  const jtvmc_cuda* cuda = device->cuda;
  for (uint32_t i = 0; device->modules && i < program->num_modules; i++) {
    if (device->modules[i]) cuda->cuModuleUnload(device->modules[i]);
  }
  if (device->weights) cuda->cuMemFree_v2(device->weights);
  device->weights = 0;
  free(device->modules);
  free(device->functions);
  device->modules = NULL;
  device->functions = NULL;
}

static int32_t load_weights(jtvmc_cuda_device* device, const jtvmc_model_info* info,
                            const void* weights) {
  if (info->weights_size == 0) return JTVMC_OK;
  const jtvmc_cuda* cuda = device->cuda;
  CUresult code = cuda->cuMemAlloc_v2(&device->weights, info->weights_size);
  if (code) return jtvmc_cuda_fail(cuda, code, "the weights do not fit on the GPU");
  code = cuda->cuMemcpyHtoD_v2(device->weights, weights, info->weights_size);
  /* It may return before the GPU has them all, and the streams of runs do not wait for its stream. */
  if (!code) code = cuda->cuStreamSynchronize(NULL);
  return code ? jtvmc_cuda_fail(cuda, code, "the weights cannot be copied to the GPU") : JTVMC_OK;
}

int32_t jtvmc_cuda_device_load(jtvmc_cuda_device* device, const jtvmc_model_info* info,
                               const jtvmc_cuda_program* program, const void* weights) {
  device->modules = jtvmc_zeroed(program->num_modules * sizeof(CUmodule));
  device->functions = jtvmc_zeroed(program->num_launches * sizeof(CUfunction));
  int32_t status = device->modules && device->functions
                       ? load_code(device, info, program)
                       : jtvmc_fail(JTVMC_OUT_OF_MEMORY, "open: out of memory");
  if (status == JTVMC_OK) status = load_weights(device, info, weights);
  if (status != JTVMC_OK) unload(device, program);
  return status;
}

void jtvmc_cuda_device_close(jtvmc_cuda_device* device, const jtvmc_cuda_program* program) {
  const jtvmc_cuda* cuda = device->cuda;
  if (device->context) {
    /* At the end of a process the driver may be gone already; then nothing is left to release. */
    if (!cuda->cuCtxPushCurrent_v2(device->context)) {
      unload(device, program);
      CUcontext popped;
      cuda->cuCtxPopCurrent_v2(&popped);
    }
    cuda->cuDevicePrimaryCtxRelease_v2(device->device);
  }
  free(device->modules);
  free(device->functions);
}
