package org.jtvmc.compiler.passes.layout;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.type.TensorType;

/**
 * What stands for each expression of the graph as it was: a form with the channels first, as they
 * were, or last, or both. The one that is missing is a transpose of the other, made once it is
 * asked for.
 */
final class Forms {
  /** Which dimension of the image, channels first, each dimension is with the channels last. */
  static final List<Long> TO_LAST = List.of(0L, 2L, 3L, 1L);

  private static final List<Long> TO_FIRST = List.of(0L, 3L, 1L, 2L);
  private static final int RANK = 4;

  private final OperatorRegistry operators;
  private final Map<Expr, Expr> first = new HashMap<>();
  private final Map<Expr, Expr> last = new HashMap<>();

  /** What was put with the channels last, not transposed. */
  private final Map<Expr, Expr> computedLast = new HashMap<>();

  Forms(OperatorRegistry operators) {
    this.operators = operators;
  }

  static boolean isImage(Expr expr) {
    return expr.type() instanceof TensorType type && type.rank() == RANK;
  }

  void putFirst(Expr expr, Expr form) {
    first.put(expr, form);
  }

  void putLast(Expr expr, Expr form) {
    last.put(expr, form);
    computedLast.put(expr, form);
  }

  /** True where the expression is computed with the channels last. */
  boolean isLast(Expr expr) {
    return computedLast.containsKey(expr);
  }

  /** True where either order costs nothing at run time: a constant, or one value per channel. */
  boolean isFree(Expr expr) {
    return expr instanceof Constant
        || (expr.type() instanceof TensorType type
            && type.isStatic()
            && (type.rank() < RANK || type.sizes().subList(2, RANK).equals(List.of(1L, 1L))));
  }

  /** The expression as it was, up to what stands for its operands. */
  Expr first(Expr expr) {
    return first.computeIfAbsent(expr, e -> transpose(last.get(e), TO_FIRST));
  }

  /** The image with its channels last. */
  Expr last(Expr expr) {
    return last.computeIfAbsent(expr, e -> transpose(first(e), TO_LAST));
  }

  /** Something that broadcasts to an image, in a form that does so with the channels last. */
  Expr broadcastLast(Expr expr) {
    TensorType type = (TensorType) expr.type();
    if (type.rank() == RANK) {
      return last(expr);
    }
    if (type.rank() == 0 || type.sizes().stream().allMatch(size -> size == 1)) {
      return first(expr);
    }
    List<Long> shape = new ArrayList<>(type.sizes());
    while (shape.size() < RANK) {
      shape.addFirst(1L);
    }
    Expr image =
        Call.of(
            operators.get("reshape"),
            List.of(first(expr)),
            Attributes.builder().put("newshape", shape).build());
    return transpose(image, TO_LAST);
  }

  private Expr transpose(Expr image, List<Long> axes) {
    return Call.of(
        operators.get("transpose"), List.of(image), Attributes.builder().put("axes", axes).build());
  }
}
