/* The model that model_user.c uses, as the compiler would write it, in C: for the sanitizers. */
#include "jtvmc.h"
#include "jtvmc_pool.h"

#define N 1000

static float weights[N];

typedef struct {
  const float* a;
  const float* b;
  float* sum;
} add_closure;

static int32_t add_chunk(void* closure, int64_t begin, int64_t end) {
  const add_closure* add = closure;
  for (int64_t i = begin; i < end; i++) add->sum[i] = add->a[i] + add->b[i];
  return 0;
}

static int32_t entry(void** io, void* workspace, const void* weight_data, jtvmc_pool* pool) {
  add_closure first = {io[0], io[1], workspace};
  add_closure second = {workspace, weight_data, io[2]};
  int32_t status = jtvmc_parallel_for(pool, add_chunk, &first, N);
  return status ? status : jtvmc_parallel_for(pool, add_chunk, &second, N);
}

static const int64_t shape[] = {10, 100};

static const jtvmc_tensor_info tensors[] = {
    {"x", shape, 2, {kDLFloat, 32, 1}, 4, sizeof(float) * N, -1},
    {"y", shape, 2, {kDLFloat, 32, 1}, 4, sizeof(float) * N, -1},
    {"sum", shape, 2, {kDLFloat, 32, 1}, 4, sizeof(float) * N, -1},
};

const jtvmc_model_info jtvmc_this_model = {
    .abi_version = JTVMC_ABI_VERSION,
    .num_inputs = 2,
    .num_outputs = 1,
    .name = "model",
    .target = "llvm",
    .cpu_features = "sse2",
    .tensors = tensors,
    .workspace_size = sizeof(float) * N,
    .weights_size = sizeof weights,
    .weights = weights,
    .entry = entry,
};

__attribute__((constructor)) static void fill_weights(void) {
  for (int i = 0; i < N; i++) weights[i] = (float)(1000 * i);
}
