package org.jtvmc.tests.kernels;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.tuner.task.TuningTask;

/**
 * The distinct kernels of models of the zoo, those that the system property {@code
 * jtvmc.device.models} names, each as {@link ZooVariant#of} reads it.
 */
final class ZooKernels {
  /** Small images leave odd edges, and the same strides and paddings. */
  private static final String USUAL = "ppocr-cls@1x3x48x40 minilm@1x9 minilm@1x16/fp16";

  private ZooKernels() {}

  /** The kernels by model, number and name. */
  static Map<String, ComputeDag> chosen(CudaTarget target) {
    Map<String, ComputeDag> kernels = new LinkedHashMap<>();
    for (String model : System.getProperty("jtvmc.device.models", USUAL).split(" ")) {
      for (TuningTask task : ZooVariant.of(model).tasks(target)) {
        kernels.put(model + " " + task.id() + " " + task.name(), task.dag());
      }
    }
    return kernels;
  }
}
