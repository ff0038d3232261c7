package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jtvmc.ir.graph.Expr;

/**
 * Split, as one slice for each part: a slice can be fused into what reads it, while a kernel with
 * many results cannot.
 */
final class Splits {

  private Splits() {}

  static List<Conversion> all() {
    return List.of(new Conversion("", "Split", 1, Splits::split));
  }

  private static List<Expr> split(OnnxNode node) {
    int axis = node.axis(node.integer("axis", 0), node.rank(0));
    long size = node.size(node.type(0).dim(axis));
    var parts =
        node.integersFrom("split", 1, "sizes of its parts").orElseGet(() -> even(node, size));
    if (parts.stream().reduce(0L, Math::addExact) != size) {
      throw node.fault("splits %d elements into the parts %s".formatted(size, parts));
    }
    var results = new ArrayList<Expr>();
    long start = 0;
    for (long part : parts) {
      results.add(
          Slices.between(
              node,
              node.input(0),
              List.of(start),
              List.of(start + part),
              List.of((long) axis),
              List.of(1L)));
      start += part;
    }
    return results;
  }

  /** Equal parts, the last of which is smaller where they do not come out even. */
  private static List<Long> even(OnnxNode node, long size) {
    int count = Math.toIntExact(node.integer("num_outputs", node.outputCount()));
    if (count < 1 || count > Math.max(1, node.outputCount())) {
      throw node.fault(
          "splits into %d parts, but has %d outputs".formatted(count, node.outputCount()));
    }
    long part = Math.ceilDiv(size, count);
    var parts = new ArrayList<>(Collections.nCopies(count, part));
    parts.set(count - 1, size - part * (count - 1));
    return parts;
  }
}
