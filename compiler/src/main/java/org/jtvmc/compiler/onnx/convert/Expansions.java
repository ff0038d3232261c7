package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.Dim;

/** Repetition of elements. */
final class Expansions {

  private Expansions() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("Expand", Expansions::expand),
        Conversion.of("Tile", Expansions::tileAlongAxis),
        Conversion.from(6, "Tile", Expansions::tile));
  }

  /** Broadcasts both ways: a size of 1 in the shape leaves the input's as it is. */
  private static Expr expand(OnnxNode node) {
    var sizes = new ArrayList<>(node.type(0).shape());
    var wanted = new ArrayList<Dim>();
    for (var size : node.integersOrSizes(1, "sizes")) {
      wanted.add(
          switch (size) {
            case AttributeValue.Size(Dim open) -> open;
            case AttributeValue.Int(long number) when number >= 0 -> Dim.of(number);
            case AttributeValue other -> throw node.fault("has %s for a size".formatted(other));
          });
    }
    int rank = Math.max(sizes.size(), wanted.size());
    sizes.addAll(0, Collections.nCopies(rank - sizes.size(), Dim.of(1)));
    wanted.addAll(0, Collections.nCopies(rank - wanted.size(), Dim.of(1)));
    var shape = new ArrayList<Dim>();
    for (int i = 0; i < rank; i++) {
      shape.add(wanted.get(i).equals(Dim.of(1)) ? sizes.get(i) : wanted.get(i));
    }
    return node.call("broadcast_to", Attributes.builder().putSizes("shape", shape), node.input(0));
  }

  private static Expr tile(OnnxNode node) {
    return tiled(node, node.integers(1, "repeats"));
  }

  /** Up to version 5 the inputs were one number of tiles and one axis. */
  private static Expr tileAlongAxis(OnnxNode node) {
    var repeats = new ArrayList<>(Collections.nCopies(node.rank(0), 1L));
    int axis = node.axis((long) node.scalar(2, "an axis"), node.rank(0));
    repeats.set(axis, (long) node.scalar(1, "a number of tiles"));
    return tiled(node, repeats);
  }

  private static Expr tiled(OnnxNode node, List<Long> repeats) {
    return node.call("tile", Attributes.builder().put("reps", repeats), node.input(0));
  }
}
