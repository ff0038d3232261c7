package org.jtvmc.codegen.runtime;

import java.util.List;

/** The parts in which the runtime is used. */
public enum RuntimePart {
  /** What kernels call, and the timing of kernels: for the JIT. */
  KERNEL,

  /** What a model library holds: the pool and the C interface of {@code jtvmc.h}. */
  LIBRARY,

  /** What the library of a model for GPUs holds: the C interface, over the CUDA driver. */
  CUDA_LIBRARY,

  /** What a library holds beside that whose model has operators of the host. */
  HOST,

  /** What a library holds beside that whose runs decide how they go on. */
  CONTROL;

  /** The part's C files, without their extension. */
  public List<String> sources() {
    return switch (this) {
      case KERNEL -> List.of("pool", "pool_work", "placement", "cpu_count", "measure", "texts");
      case LIBRARY ->
          List.of(
              "pool",
              "pool_work",
              "placement",
              "cpu_count",
              "cpu_features",
              "error",
              "bind",
              "weights",
              "sizes",
              "texts",
              "model");
      case HOST ->
          List.of(
              "host_order",
              "host_select",
              "host_unique",
              "host_nms",
              "host_roi_align",
              "host_topk",
              "host_trees",
              "host_text",
              "host_text_split",
              "host_text_normalize",
              "host_text_match");
      case CONTROL ->
          List.of("control_values", "control_sequence", "control_loop", "control_random");
      case CUDA_LIBRARY ->
          List.of("error", "bind", "weights", "cuda_driver", "cuda_device", "cuda_model");
    };
  }
}
