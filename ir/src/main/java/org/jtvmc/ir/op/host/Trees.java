package org.jtvmc.ir.op.host;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * Decision trees, each followed from its root to a leaf for every row, and what their leaves give
 * put together.
 *
 * <p>Arguments: rows {@code float32} or {@code float64 (n, features)}; the trees, an {@code int64}
 * vector: the numbers of nodes, leaves, entries, roots and members; for each node its comparison
 * (ONNX's number), feature, bound (a double's bits), where it goes on if that holds and if not (a
 * node, or {@code -1 - leaf}), whether it holds for NaN, and the first and the end of its members;
 * the roots; where the entries of each leaf begin, and where the last's end; for each entry target
 * and weight (a double's bits); the members (doubles' bits). Result {@code (n, targets)}.
 */
public final class Trees extends FillingKernel {

  private static final int HEAD = 5;
  private static final int NODE = 8;

  public Trees() {
    super(
        "trees",
        List.of("rows", "trees"),
        List.of(
            required("targets", "numbers that come of a row"),
            optional("aggregate", 1, "0 for the mean of the trees, 1 sum, 2 least, 3 greatest")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType rows = arguments.getFirst();
    boolean isReal = rows.dtype().equals(DType.F32) || rows.dtype().equals(DType.F64);
    if (rows.rank() != 2 || !isReal) {
      throw new TypeException("needs rows of features, not " + rows);
    }
    return rows.withShape(List.of(rows.dim(0), Dim.of(attributes.integer("targets"))));
  }

  /** A sum for each target, and whether a leaf has given one. */
  @Override
  public Dim scratchBytes(List<TensorType> inputs, Attributes attributes) {
    return Dim.of((Double.BYTES + 1) * Math.max(1, complete(attributes).integer("targets")));
  }

  @Override
  List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result) {
    TensorType rows = inputs.getFirst();
    return List.of(
        rows.dim(0),
        rows.dim(1),
        Dim.of(attributes.integer("targets")),
        Dim.of(attributes.integer("aggregate")),
        flag(rows.dtype().equals(DType.F64)));
  }

  @Override
  void compute(List<NDArray> inputs, Attributes attributes, List<NDArray> results) {
    NDArray rows = inputs.getFirst();
    NDArray trees = inputs.getLast();
    int targets = Math.toIntExact(attributes.integer("targets"));
    int aggregate = Math.toIntExact(attributes.integer("aggregate"));
    long roots = HEAD + trees.getLong(0) * NODE;
    long leaves = roots + trees.getLong(3);
    long entries = leaves + trees.getLong(1) + 1;
    long features = rows.type().dim(1).value();
    for (long row = 0; row < rows.type().dim(0).value(); row++) {
      double[] sums = new double[targets];
      boolean[] reached = new boolean[targets];
      for (long root = 0; root < trees.getLong(3); root++) {
        long leaf = leaf(rows, row * features, trees, trees.getLong(roots + root));
        for (long i = trees.getLong(leaves + leaf); i < trees.getLong(leaves + leaf + 1); i++) {
          int target = Math.toIntExact(trees.getLong(entries + 2 * i));
          double weight = Double.longBitsToDouble(trees.getLong(entries + 2 * i + 1));
          sums[target] = reached[target] ? join(aggregate, sums[target], weight) : weight;
          reached[target] = true;
        }
      }
      for (int target = 0; target < targets; target++) {
        double mean = sums[target] / trees.getLong(3);
        results.getFirst().setDouble(row * targets + target, aggregate == 0 ? mean : sums[target]);
      }
    }
  }

  private static double join(int aggregate, double a, double b) {
    return switch (aggregate) {
      case 2 -> Math.min(a, b);
      case 3 -> Math.max(a, b);
      default -> a + b;
    };
  }

  private static long leaf(NDArray rows, long first, NDArray trees, long root) {
    long at = root;
    while (at >= 0) {
      long node = HEAD + at * NODE;
      double value = rows.getDouble(first + trees.getLong(node + 1));
      boolean holds =
          (Double.isNaN(value) && trees.getLong(node + 5) != 0) || holds(trees, node, value);
      at = trees.getLong(node + (holds ? 3 : 4));
    }
    return -1 - at;
  }

  private static boolean holds(NDArray trees, long node, double value) {
    double bound = Double.longBitsToDouble(trees.getLong(node + 2));
    return switch (Math.toIntExact(trees.getLong(node))) {
      case 0 -> value <= bound;
      case 1 -> value < bound;
      case 2 -> value >= bound;
      case 3 -> value > bound;
      case 4 -> value == bound;
      case 5 -> value != bound;
      default -> {
        long members = trees.elements() - trees.getLong(4);
        boolean found = false;
        for (long i = trees.getLong(node + 6); i < trees.getLong(node + 7); i++) {
          found |= value == Double.longBitsToDouble(trees.getLong(members + i));
        }
        yield found;
      }
    };
  }
}
