/*
 * Loads a model library, runs it on several threads and unloads it without closing the model: its
 * threads must be gone before its code is. Prints "ok" and returns 0.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "jtvmc.h"

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      abort();                                                        \
    }                                                                 \
  } while (0)

static float data[3][1000];

int main(int argc, char** argv) {
  CHECK(argc == 2);
  for (int round = 0; round < 50; round++) {
    void* library = dlopen(argv[1], RTLD_NOW);
    CHECK(library);
    const jtvmc_model_info* (*describe)(void);
    int32_t (*open_model)(const jtvmc_options*, jtvmc_model**);
    int32_t (*create)(jtvmc_model*, jtvmc_context**);
    int32_t (*run)(jtvmc_context*, const DLTensor*);
    *(void**)&describe = dlsym(library, "model_describe");
    *(void**)&open_model = dlsym(library, "model_open");
    *(void**)&create = dlsym(library, "model_context_create");
    *(void**)&run = dlsym(library, "model_run");
    CHECK(describe && open_model && create && run);
    jtvmc_options options = {4, 0, NULL};
    jtvmc_model* model;
    jtvmc_context* context;
    CHECK(open_model(&options, &model) == 0);
    CHECK(create(model, &context) == 0);
    DLTensor tensors[3];
    for (int i = 0; i < 3; i++) tensors[i] = jtvmc_tensor(&describe()->tensors[i], data[i]);
    CHECK(run(context, tensors) == 0);
    CHECK(dlclose(library) == 0);
    CHECK(!dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD));
    usleep(round % 2 ? 500 : 0);
  }
  puts("ok");
  return 0;
}
