package org.jtvmc.compiler.onnx.convert;

import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/** Slice: bounds and axes were attributes before version 10. */
final class Slices {

  private Slices() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of(
            "Slice",
            node ->
                slice(
                    node,
                    node.integers("starts").orElse(List.of()),
                    node.integers("ends").orElse(List.of()),
                    node.integers("axes").orElse(List.of()),
                    List.of())),
        Conversion.from(10, "Slice", Slices::sliceByInputs));
  }

  /** Starts and ends may be sizes that are known only at run time. */
  private static Expr sliceByInputs(OnnxNode node) {
    var starts = node.integersOrSizes(1, "starts");
    var ends = node.integersOrSizes(2, "ends");
    var all = LongStream.range(0, starts.size()).boxed().toList();
    return node.call(
        "strided_slice",
        Attributes.builder()
            .put("begin", new AttributeValue.Items(starts))
            .put("end", new AttributeValue.Items(ends))
            .put("axes", node.has(3) ? node.integers(3, "axes") : all)
            .put(
                "strides",
                node.has(4) ? node.integers(4, "steps") : Collections.nCopies(starts.size(), 1L)),
        node.input(0));
  }

  private static Expr slice(
      OnnxNode node, List<Long> starts, List<Long> ends, List<Long> axes, List<Long> steps) {
    var all = LongStream.range(0, starts.size()).boxed().toList();
    return between(
        node,
        node.input(0),
        starts,
        ends,
        axes.isEmpty() ? all : axes,
        steps.isEmpty() ? Collections.nCopies(starts.size(), 1L) : steps);
  }

  /** The part of a value between bounds, clamped as ONNX's. */
  static Expr between(
      OnnxNode node,
      Expr value,
      List<Long> starts,
      List<Long> ends,
      List<Long> axes,
      List<Long> steps) {
    return node.call(
        "strided_slice",
        Attributes.builder()
            .put("begin", starts)
            .put("end", ends)
            .put("axes", axes)
            .put("strides", steps),
        value);
  }
}
