package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jtvmc.ir.graph.Attributes;

/**
 * How convolutions and pools move over their input: what ONNX's attributes, with their defaults and
 * {@code auto_pad}, come to in numbers. Lists have one entry per spatial dimension.
 */
record Windows(
    List<Long> kernel,
    List<Long> strides,
    List<Long> dilations,
    List<Long> padBegin,
    List<Long> padEnd) {

  /**
   * Reads the attributes of a node.
   *
   * @param kernel the kernel's sizes
   */
  static Windows of(OnnxNode node, List<Long> kernel) {
    int spatial = kernel.size();
    var strides = list(node, "strides", spatial, 1);
    var dilations = list(node, "dilations", spatial, 1);
    return switch (node.text("auto_pad", "NOTSET")) {
      case "NOTSET", "" -> {
        var pads = list(node, "pads", 2 * spatial, 0);
        yield new Windows(
            kernel,
            strides,
            dilations,
            pads.subList(0, spatial),
            pads.subList(spatial, 2 * spatial));
      }
      case "VALID" -> {
        var none = Collections.nCopies(spatial, 0L);
        yield new Windows(kernel, strides, dilations, none, none);
      }
      case "SAME_UPPER" -> same(node, kernel, strides, dilations, true);
      case "SAME_LOWER" -> same(node, kernel, strides, dilations, false);
      case String other ->
          throw node.fault("pads by '%s', which is not supported".formatted(other));
    };
  }

  /** Padding under which the output has the input's size over the stride, rounded up. */
  private static Windows same(
      OnnxNode node,
      List<Long> kernel,
      List<Long> strides,
      List<Long> dilations,
      boolean moreAtTheEnd) {
    var begin = new ArrayList<Long>();
    var end = new ArrayList<Long>();
    for (int i = 0; i < kernel.size(); i++) {
      long size = node.size(node.type(0).dim(i + 2));
      long extent = (kernel.get(i) - 1) * dilations.get(i) + 1;
      long outSize = Math.ceilDiv(size, strides.get(i));
      long total = Math.max(0, (outSize - 1) * strides.get(i) + extent - size);
      long less = total / 2;
      begin.add(moreAtTheEnd ? less : total - less);
      end.add(moreAtTheEnd ? total - less : less);
    }
    return new Windows(kernel, strides, dilations, begin, end);
  }

  /** A list attribute with a default for every entry. */
  static List<Long> list(OnnxNode node, String name, int size, long otherwise) {
    var values = node.integers(name).orElse(List.of());
    if (values.isEmpty()) {
      return Collections.nCopies(size, otherwise);
    }
    if (values.size() != size) {
      throw node.fault(
          "has %d numbers as '%s' where it needs %d".formatted(values.size(), name, size));
    }
    return values;
  }

  /** All padding, as the operators take it: the beginnings, then the ends. */
  List<Long> padding() {
    var all = new ArrayList<>(padBegin);
    all.addAll(padEnd);
    return all;
  }

  /** The attributes that all operators with windows share. */
  Attributes.Builder attributes() {
    return Attributes.builder()
        .put("strides", strides)
        .put("padding", padding())
        .put("dilation", dilations);
  }
}
