package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.stream.IntStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.TensorType;

/** Range, whose bounds have to be known when the model is compiled: its size follows from them. */
final class Ranges {

  private static final long MOST_ELEMENTS = 1L << 24;

  private Ranges() {}

  static List<Conversion> all() {
    return List.of(Conversion.of("Range", Ranges::range));
  }

  /** Bounds that are sizes known only at run time. */
  private static Expr openRange(OnnxNode node) {
    return node.call(
        "arange",
        Attributes.builder()
            .put("start", node.integersOrSizes(0, "a start").getFirst())
            .put("stop", node.integersOrSizes(1, "a limit").getFirst())
            .put("step", node.integersOrSizes(2, "a step").getFirst())
            .put("dtype", node.type(0).dtype()));
  }

  private static Expr range(OnnxNode node) {
    if (IntStream.range(0, 3).anyMatch(i -> node.known(i).isEmpty())) {
      return openRange(node);
    }
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
