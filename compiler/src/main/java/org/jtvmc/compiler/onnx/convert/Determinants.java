package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.graph.Expr;

/** Determinants of small matrices, by expansion along the first row. */
final class Determinants {

  private static final int LARGEST = 5;

  private Determinants() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(11, "Det", Determinants::determinant)
            .limitedTo("matrices of up to 5 by 5"));
  }

  private static Expr determinant(OnnxNode node) {
    Composer c = new Composer(node);
    Expr x = node.input(0);
    long size = c.size(x, -1);
    if (size != c.size(x, -2) || size < 1 || size > LARGEST) {
      throw node.fault(
          "takes the determinant of %d by %d elements, where up to %d by %d are supported"
              .formatted(c.size(x, -2), size, LARGEST, LARGEST));
    }
    return expand(c, x, 0, LongStream.range(0, size).boxed().toList());
  }

  /** The determinant of the rows from one on, and some of the columns. */
  private static Expr expand(Composer c, Expr x, long row, List<Long> columns) {
    if (columns.size() == 1) {
      return element(c, x, row, columns.getFirst());
    }
    Expr sum = null;
    for (int i = 0; i < columns.size(); i++) {
      long column = columns.get(i);
      List<Long> others = columns.stream().filter(other -> other != column).toList();
      Expr term = c.multiply(element(c, x, row, column), expand(c, x, row + 1, others));
      sum = sum == null ? term : i % 2 == 0 ? c.add(sum, term) : c.subtract(sum, term);
    }
    return sum;
  }

  private static Expr element(Composer c, Expr x, long row, long column) {
    int rank = c.rank(x);
    Expr rows = c.slice(x, rank - 2L, row, row + 1);
    return c.squeeze(c.slice(rows, rank - 1L, column, column + 1), rank - 2L, rank - 1L);
  }
}
