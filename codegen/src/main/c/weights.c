#include "weights.h"

#include "error.h"
#include "system.h"

/* The model of this library, written by the compiler. */
extern const jtvmc_model_info jtvmc_this_model JTVMC_HIDDEN;

/* The path of a file beside this library. */
static int32_t path_beside_library(const char* file, char* path, size_t size) {
  Dl_info library;
  if (!dladdr || !dladdr(&jtvmc_this_model, &library) || !library.dli_fname) {
    return jtvmc_fail(JTVMC_WEIGHTS,
                      "cannot tell where this library lies; give weights_path for \"%s\"", file);
  }
  size_t folder = strlen(library.dli_fname);
  while (folder > 0 && library.dli_fname[folder - 1] != '/') folder--;
  if (snprintf(path, size, "%.*s%s", (int)folder, library.dli_fname, file) >= (int)size) {
    return jtvmc_fail(JTVMC_WEIGHTS, "the path of the weights file \"%s\" is too long", file);
  }
  return JTVMC_OK;
}

static int32_t map_weights(jtvmc_weights* weights, const jtvmc_model_info* info,
                           const char* path) {
  uint64_t wanted = info->weights_size;
  char reason[128];
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return jtvmc_fail(JTVMC_WEIGHTS, "cannot open the weights file \"%s\": %s", path,
                      strerror_r(*__errno_location(), reason, sizeof reason));
  }
  long size = lseek(file, 0, SEEK_END);
  if (size < 0 || (uint64_t)size != wanted) {
    close(file);
    return jtvmc_fail(JTVMC_WEIGHTS,
                      "the weights file \"%s\" has %ld bytes where model \"%s\" expects %llu",
                      path, size, info->name, (unsigned long long)wanted);
  }
  void* mapped = mmap(NULL, wanted, PROT_READ, MAP_SHARED, file, 0);
  int code = *__errno_location();
  close(file);
  if (mapped == MAP_FAILED) {
    return jtvmc_fail(JTVMC_WEIGHTS, "cannot map the weights file \"%s\": %s", path,
                      strerror_r(code, reason, sizeof reason));
  }
  weights->mapped = mapped;
  weights->data = mapped;
  return JTVMC_OK;
}

int32_t jtvmc_weights_find(jtvmc_weights* weights, const jtvmc_model_info* info,
                           const jtvmc_options* options) {
  weights->data = info->weights;
  weights->mapped = NULL;
  if (info->weights || info->weights_size == 0) return JTVMC_OK;
  if (options && options->weights_path) return map_weights(weights, info, options->weights_path);
  char path[4096];
  int32_t status = path_beside_library(info->weights_file, path, sizeof path);
  return status != JTVMC_OK ? status : map_weights(weights, info, path);
}

void jtvmc_weights_release(jtvmc_weights* weights, const jtvmc_model_info* info) {
  if (weights->mapped) munmap(weights->mapped, info->weights_size);
}
