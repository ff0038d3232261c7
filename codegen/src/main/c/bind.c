#include "bind.h"

#include "error.h"
#include "system.h"

typedef struct {
  char text[128];
} shape_text;

static shape_text print_shape(const int64_t* shape, int32_t ndim) {
  shape_text result;
  size_t used = (size_t)snprintf(result.text, sizeof result.text, "[");
  for (int32_t i = 0; i < ndim && used < sizeof result.text - 24; i++) {
    used += (size_t)snprintf(result.text + used, sizeof result.text - used, "%s%lld",
                             i ? "," : "", (long long)shape[i]);
  }
  snprintf(result.text + used, sizeof result.text - used, "]");
  return result;
}

static const char* type_name(DLDataType type) {
  switch (type.code) {
    case kDLInt:
      return "int";
    case kDLUInt:
      return "uint";
    case kDLFloat:
      return "float";
    case kDLOpaqueHandle:
      return "texts of bits ";
    case kDLBfloat:
      return "bfloat";
    case kDLBool:
      return "bool";
    case kDLFloat8_e4m3fn:
      return "float8_e4m3fn of bits ";
    case kDLFloat8_e4m3fnuz:
      return "float8_e4m3fnuz of bits ";
    case kDLFloat8_e5m2:
      return "float8_e5m2 of bits ";
    case kDLFloat8_e5m2fnuz:
      return "float8_e5m2fnuz of bits ";
    case kDLFloat8_e8m0fnu:
      return "float8_e8m0fnu of bits ";
    case kDLFloat4_e2m1fn:
      return "float4_e2m1fn of bits ";
    default:
      return "type";
  }
}

static int32_t check_shape(const DLTensor* tensor, const jtvmc_tensor_info* info,
                           const int64_t* wanted) {
  if (tensor->ndim != info->ndim) {
    return jtvmc_fail(JTVMC_WRONG_SHAPE, "tensor \"%s\" has rank %d where the model expects %d",
                      info->name, tensor->ndim, info->ndim);
  }
  if (info->ndim > 0 && !tensor->shape) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "tensor \"%s\": the shape is NULL", info->name);
  }
  if (info->sizes_at != JTVMC_FIXED_SIZES) {
    if (tensor->shape != info->shape || info->ndim == 0) return JTVMC_OK;
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT,
                      "tensor \"%s\" needs a shape of its own, which the run fills in", info->name);
  }
  for (int32_t i = 0; i < info->ndim; i++) {
    if (tensor->shape[i] != wanted[i]) {
      shape_text actual = print_shape(tensor->shape, info->ndim);
      shape_text expected = print_shape(wanted, info->ndim);
      return jtvmc_fail(JTVMC_WRONG_SHAPE, "tensor \"%s\" has shape %s where the model expects %s",
                        info->name, actual.text, expected.text);
    }
  }
  if (!tensor->strides) return JTVMC_OK;
  int64_t compact = 1;
  for (int32_t i = info->ndim - 1; i >= 0; i--) {
    if (wanted[i] != 1 && tensor->strides[i] != compact) {
      return jtvmc_fail(JTVMC_WRONG_SHAPE,
                        "tensor \"%s\" is not compact: the stride of axis %d is %lld, not %lld",
                        info->name, i, (long long)tensor->strides[i], (long long)compact);
    }
    compact *= wanted[i];
  }
  return JTVMC_OK;
}

/* Of sizes that a run decides, what there can be at most. */
static uint64_t bytes_of(const jtvmc_tensor_info* info, const int64_t* shape) {
  if (info->sizes_at != JTVMC_FIXED_SIZES) return info->capacity;
  uint64_t elements = 1;
  for (int32_t i = 0; i < info->ndim; i++) elements *= (uint64_t)shape[i];
  return elements * ((info->dtype.bits + 7u) / 8u);
}

uint64_t jtvmc_tensor_bytes(const jtvmc_tensor_info* info) { return bytes_of(info, info->shape); }

static int32_t check_device(const DLTensor* tensor, const jtvmc_tensor_info* info,
                            const jtvmc_memory* memory) {
  DLDevice device = tensor->device;
  if (memory->device_type == kDLCPU) {
    if (device.device_type == kDLCPU || device.device_type == kDLCUDAHost) return JTVMC_OK;
    return jtvmc_fail(JTVMC_WRONG_DEVICE, "tensor \"%s\" lies on device type %d, not on the CPU",
                      info->name, (int)device.device_type);
  }
  if (device.device_type != kDLCUDA && device.device_type != kDLCUDAManaged) {
    return jtvmc_fail(JTVMC_WRONG_DEVICE,
                      "tensor \"%s\" lies on device type %d, not in the memory of a GPU (%d)",
                      info->name, (int)device.device_type, (int)kDLCUDA);
  }
  if (device.device_type == kDLCUDA && device.device_id != memory->device_id) {
    return jtvmc_fail(JTVMC_WRONG_DEVICE, "tensor \"%s\" lies on GPU %d, and the model on GPU %d",
                      info->name, device.device_id, memory->device_id);
  }
  return JTVMC_OK;
}

/* Checks one tensor and stores where its data begin. */
static int32_t bind_tensor(const DLTensor* tensor, const jtvmc_tensor_info* info,
                           const int64_t* shape, const jtvmc_memory* memory, void** data) {
  DLDataType type = tensor->dtype;
  if (type.code != info->dtype.code || type.bits != info->dtype.bits || type.lanes != 1) {
    return jtvmc_fail(JTVMC_WRONG_TYPE,
                      "tensor \"%s\" holds %s%d (lanes %d) where the model expects %s%d",
                      info->name, type_name(type), type.bits, type.lanes, type_name(info->dtype),
                      info->dtype.bits);
  }
  int32_t status = check_device(tensor, info, memory);
  if (status == JTVMC_OK) status = check_shape(tensor, info, shape);
  if (status != JTVMC_OK) return status;
  if (info->sizes_at <= JTVMC_OWN_MEMORY) {
    *data = NULL;
    return JTVMC_OK;
  }
  char* begin = (char*)tensor->data + tensor->byte_offset;
  if (!tensor->data && bytes_of(info, shape) > 0) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "tensor \"%s\": the data are NULL", info->name);
  }
  uint64_t alignment = memory->alignment ? memory->alignment : info->alignment;
  if ((uintptr_t)begin & (alignment - 1)) {
    return jtvmc_fail(JTVMC_INVALID_ARGUMENT,
                      "tensor \"%s\": the data are not aligned to %llu bytes", info->name,
                      (unsigned long long)alignment);
  }
  *data = begin;
  return JTVMC_OK;
}

static const int64_t* shape_of(const jtvmc_model_info* info, const int64_t* const* shapes,
                               int32_t tensor) {
  return shapes ? shapes[tensor] : info->tensors[tensor].shape;
}

/* Kernels rely on it that what they write overlaps nothing else. */
static int32_t check_overlap(const jtvmc_model_info* info, const int64_t* const* shapes,
                             void* const* io) {
  int32_t count = info->num_inputs + info->num_outputs;
  for (int32_t out = info->num_inputs; out < count; out++) {
    uintptr_t begin = (uintptr_t)io[out];
    uintptr_t end = begin + bytes_of(&info->tensors[out], shape_of(info, shapes, out));
    for (int32_t other = 0; other < out; other++) {
      uintptr_t other_begin = (uintptr_t)io[other];
      uintptr_t other_end =
          other_begin + bytes_of(&info->tensors[other], shape_of(info, shapes, other));
      if (begin < other_end && other_begin < end) {
        return jtvmc_fail(JTVMC_INVALID_ARGUMENT, "tensors \"%s\" and \"%s\" overlap",
                          info->tensors[other].name, info->tensors[out].name);
      }
    }
  }
  return JTVMC_OK;
}

int32_t jtvmc_bind(const jtvmc_model_info* info, const int64_t* const* shapes,
                   const DLTensor* tensors, const jtvmc_memory* memory, void** io) {
  for (int32_t i = 0; i < info->num_inputs + info->num_outputs; i++) {
    int32_t status =
        bind_tensor(&tensors[i], &info->tensors[i], shape_of(info, shapes, i), memory, &io[i]);
    if (status != JTVMC_OK) return status;
  }
  return check_overlap(info, shapes, io);
}

/* Of an output in memory of the context's. */
static void report_own(const jtvmc_tensor_info* output, const jtvmc_sizes* sizes, int32_t index,
                       DLTensor* tensor, void* workspace) {
  int64_t offset = sizes->offsets[JTVMC_OWN_MEMORY - output->sizes_at];
  tensor->data = (char*)workspace + offset;
  tensor->byte_offset = 0;
  if (output->ndim > 0) {
    memcpy(tensor->shape, sizes->shapes[index], (size_t)output->ndim * sizeof(int64_t));
  }
}

/* Of an output in memory of the caller's. */
static int32_t report_bounded(const jtvmc_tensor_info* output, DLTensor* tensor,
                              const void* workspace) {
  const int64_t* sizes = (const int64_t*)(const void*)((const char*)workspace + output->sizes_at);
  uint64_t room = output->capacity / ((output->dtype.bits + 7u) / 8u);
  uint64_t elements = 1;
  for (int32_t d = 0; d < output->ndim; d++) {
    if (sizes[d] == 0) elements = 0;
  }
  for (int32_t d = 0; d < output->ndim && elements > 0; d++) {
    uint64_t size = (uint64_t)sizes[d];
    elements = sizes[d] < 0 || size > room / elements ? room + 1 : elements * size;
    if (elements > room) {
      shape_text shape = print_shape(sizes, output->ndim);
      return jtvmc_fail(JTVMC_WRONG_SHAPE,
                        "output \"%s\" would have the shape %s; the model is compiled for at most "
                        "%llu elements of it",
                        output->name, shape.text, (unsigned long long)room);
    }
  }
  memcpy(tensor->shape, sizes, (size_t)output->ndim * sizeof *sizes);
  return JTVMC_OK;
}

int32_t jtvmc_report_sizes(const jtvmc_model_info* info, const jtvmc_sizes* sizes,
                           DLTensor* tensors, void* workspace) {
  int32_t status = JTVMC_OK;
  for (int32_t i = info->num_inputs; i < info->num_inputs + info->num_outputs; i++) {
    const jtvmc_tensor_info* output = &info->tensors[i];
    if (output->sizes_at == JTVMC_FIXED_SIZES || status != JTVMC_OK) continue;
    if (output->sizes_at <= JTVMC_OWN_MEMORY) {
      report_own(output, sizes, i, &tensors[i], workspace);
    } else {
      status = report_bounded(output, &tensors[i], workspace);
    }
  }
  return status;
}
