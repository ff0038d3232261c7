package org.jtvmc.compiler.passes.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jtvmc.ir.graph.Call;

/** Permutations of dimensions. */
final class Transposes {

  private Transposes() {}

  /** Which dimension of the argument each dimension of the result is. */
  static List<Integer> axes(Call transpose) {
    int rank = Operands.tensor(transpose).rank();
    List<Long> axes = Operands.attributes(transpose).integers("axes");
    return axes.isEmpty()
        ? IntStream.range(0, rank).mapToObj(i -> rank - 1 - i).toList()
        : axes.stream().map(axis -> Operands.axis(axis, rank)).toList();
  }

  static boolean isIdentity(List<Integer> axes) {
    return IntStream.range(0, axes.size()).allMatch(i -> axes.get(i) == i);
  }

  /** First {@code inner}, then {@code outer}. */
  static List<Long> compose(List<Integer> outer, List<Integer> inner) {
    List<Long> axes = new ArrayList<>();
    for (int axis : outer) {
      axes.add((long) inner.get(axis));
    }
    return axes;
  }
}
