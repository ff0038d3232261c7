package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.TensorType;

/** Range, whose bounds have to be known when the model is compiled: its size follows from them. */
final class Ranges {

  private static final long MOST_ELEMENTS = 1L << 24;

  private Ranges() {}

  static List<Conversion> all() {
    return List.of(Conversion.of("Range", Ranges::range));
  }

  private static Expr range(OnnxNode node) {
    double start = node.scalar(0, "a start");
    double limit = node.scalar(1, "a limit");
    double step = node.scalar(2, "a step");
    if (step == 0) {
      throw node.fault("has a step of 0");
    }
    double count = Math.max(0, Math.ceil((limit - start) / step));
    var sizes = node.checked(List.of((long) count), MOST_ELEMENTS);
    var array = NDArray.allocate(TensorType.of(node.type(0).dtype(), sizes));
    for (long i = 0; i < array.elements(); i++) {
      array.setDouble(i, start + i * step);
    }
    return node.value(array);
  }
}
