#include "cuda_driver.h"

#include "error.h"

static jtvmc_cuda driver;
static int32_t driver_ready; /* read and written atomically; the driver is never unloaded */

static int32_t find_functions(void* library, const char* file) {
#define JTVMC_CUDA_FIND(name, parameters)                                                     \
  *(void**)&driver.name = dlsym(library, #name);                                              \
  if (!driver.name) {                                                                         \
    return jtvmc_fail(JTVMC_NO_DEVICE, "%s has no function %s: update the NVIDIA driver", file, \
                      #name);                                                                 \
  }
  JTVMC_CUDA_FUNCTIONS(JTVMC_CUDA_FIND)
#undef JTVMC_CUDA_FIND
  *(void**)&driver.cuTensorMapEncodeTiled = dlsym(library, "cuTensorMapEncodeTiled");
  *(void**)&driver.cuTensorMapEncodeIm2col = dlsym(library, "cuTensorMapEncodeIm2col");
  return JTVMC_OK;
}

/* Several threads may come here at once: each does the same, with the same result. */
static int32_t load(void) {
  const char* named = getenv("JTVMC_LIBCUDA");
  const char* file = named ? named : "libcuda.so.1";
  void* library = dlopen ? dlopen(file, RTLD_NOW) : NULL;
  if (!library) {
    return jtvmc_fail(JTVMC_NO_DEVICE,
                      "there is no NVIDIA driver here: %s cannot be loaded", file);
  }
  int32_t status = find_functions(library, file);
  if (status != JTVMC_OK) return status;
  CUresult code = driver.cuInit(0);
  if (code) {
    jtvmc_cuda_fail(&driver, code, "the NVIDIA driver does not start");
    return JTVMC_NO_DEVICE;
  }
  return JTVMC_OK;
}

int32_t jtvmc_cuda_load(const jtvmc_cuda** cuda) {
  *cuda = &driver;
  if (__atomic_load_n(&driver_ready, __ATOMIC_ACQUIRE)) return JTVMC_OK;
  int32_t status = load();
  if (status == JTVMC_OK) __atomic_store_n(&driver_ready, 1, __ATOMIC_RELEASE);
  return status;
}

int32_t jtvmc_cuda_fail(const jtvmc_cuda* cuda, CUresult code, const char* what) {
  const char* reason = NULL;
  if (cuda->cuGetErrorString(code, &reason)) reason = NULL;
  jtvmc_status status = code == CUDA_ERROR_OUT_OF_MEMORY ? JTVMC_OUT_OF_MEMORY : JTVMC_DEVICE;
  return jtvmc_fail(status, "%s: %s (CUDA error %d)", what, reason ? reason : "unknown error",
                    code);
}
