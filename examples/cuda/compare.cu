/*
 * Runs a model on the GPU, from tensors that are there, and compares with the CPU's answer.
 *
 *   MODEL=examples/workloads/fused-dense-add-layer-norm.relay
 *   ./jtvmc compile $MODEL --target "cuda -arch=sm_80" --module-name on_gpu -o out/gpu
 *   ./jtvmc compile $MODEL --module-name on_cpu -o out/cpu
 *   nvcc -std=c++17 -Iout/gpu -Iout/cpu examples/cuda/compare.cu -o compare \
 *     -Lout/gpu -lon_gpu -Xlinker -rpath=$PWD/out/gpu -Lout/cpu -lon_cpu -Xlinker -rpath=$PWD/out/cpu
 *   ./compare
 *
 * It also captures the run in a CUDA graph, which is how a server would repeat it. Exit code 0: the
 * answers agree; 1: they do not, or something failed; 2: there is no GPU that runs the model.
 */
#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "on_cpu.h"
#include "on_gpu.h"

static void check(cudaError_t code, const char* what) {
  if (code == cudaSuccess) return;
  std::fprintf(stderr, "compare: %s: %s\n", what, cudaGetErrorString(code));
  std::exit(1);
}

static void check_gpu(int32_t status) {
  if (status == JTVMC_OK) return;
  std::fprintf(stderr, "compare: %s\n", on_gpu_error());
  std::exit(status == JTVMC_NO_DEVICE ? 2 : 1);
}

static void check_cpu(int32_t status) {
  if (status == JTVMC_OK) return;
  std::fprintf(stderr, "compare: %s\n", on_cpu_error());
  std::exit(1);
}

static size_t elements(const jtvmc_tensor_info& info) {
  size_t count = 1;
  for (int i = 0; i < info.ndim; i++) count *= static_cast<size_t>(info.shape[i]);
  return count;
}

/* Small numbers for every type: random floats, and integers that are valid as indices. */
static void fill(std::vector<char>& data, const jtvmc_tensor_info& info) {
  for (size_t i = 0; i < elements(info); i++) {
    float value = static_cast<float>(std::rand()) / RAND_MAX - 0.5f;
    if (info.dtype.code == kDLFloat && info.dtype.bits == 32) {
      std::memcpy(&data[4 * i], &value, 4);
    } else {
      data[i * (info.dtype.bits / 8u)] = static_cast<char>(i & 1);
    }
  }
}

int main() {
  jtvmc_model *gpu_model, *cpu_model;
  jtvmc_context *gpu, *cpu;
  check_gpu(on_gpu_open(nullptr, &gpu_model));
  check_gpu(on_gpu_context_create(gpu_model, &gpu));
  check_cpu(on_cpu_open(nullptr, &cpu_model));
  check_cpu(on_cpu_context_create(cpu_model, &cpu));

  const jtvmc_model_info* info = on_gpu_describe();
  int count = info->num_inputs + info->num_outputs;
  cudaStream_t stream;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "a stream");
  std::vector<std::vector<char>> host(count);
  std::vector<DLTensor> on_host, on_device;
  for (int i = 0; i < count; i++) {
    const jtvmc_tensor_info& tensor = info->tensors[i];
    host[i].resize(elements(tensor) * tensor.dtype.bits / 8u);
    if (i < info->num_inputs) fill(host[i], tensor);
    void* device;
    check(cudaMalloc(&device, host[i].size()), "memory of the GPU");
    check(cudaMemcpy(device, host[i].data(), host[i].size(), cudaMemcpyHostToDevice), "a copy");
    on_host.push_back(jtvmc_tensor(&tensor, host[i].data()));
    on_device.push_back(jtvmc_tensor(&tensor, device));
    on_device.back().device.device_type = kDLCUDA;
  }
  /* The tensors of <name>.h are DLTensors in the order of describe(). */
  auto* gpu_tensors = reinterpret_cast<const on_gpu_tensors*>(on_device.data());
  check_cpu(on_cpu_run(cpu, reinterpret_cast<on_cpu_tensors*>(on_host.data())));

  cudaGraph_t graph;
  cudaGraphExec_t run;
  check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), "a capture");
  check_gpu(on_gpu_run_on_stream(gpu, gpu_tensors, stream));
  check(cudaStreamEndCapture(stream, &graph), "a capture");
  check(cudaGraphInstantiate(&run, graph, 0), "a graph");
  check(cudaGraphLaunch(run, stream), "a launch");
  check(cudaStreamSynchronize(stream), "the run");

  double worst = 0, largest = 0;
  for (int i = info->num_inputs; i < count; i++) {
    std::vector<float> ours(host[i].size() / sizeof(float)), theirs(ours.size());
    check(cudaMemcpy(ours.data(), on_device[i].data, host[i].size(), cudaMemcpyDeviceToHost), "a copy");
    std::memcpy(theirs.data(), host[i].data(), host[i].size());
    for (size_t k = 0; k < ours.size(); k++) {
      double difference = std::fabs(static_cast<double>(ours[k]) - theirs[k]);
      if (!(difference <= worst)) worst = difference;
      largest = std::fmax(largest, std::fabs(theirs[k]));
    }
  }
  std::printf("largest difference %g, largest value %g\n", worst, largest);
  on_gpu_context_destroy(gpu);
  on_gpu_close(gpu_model);
  on_cpu_context_destroy(cpu);
  on_cpu_close(cpu_model);
  return worst <= 1e-3 * std::fmax(1.0, largest) ? 0 : 1;
}
