package org.jtvmc.compiler.passes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.pass.Invariant;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * Stores what matrix products and convolutions read in a narrower type, and sums in 32 bits.
 *
 * <pre>{@code
 * %0 = nn.dense(%x, const["w"]);        %0 = cast(%x, dtype=bfloat16);
 * add(nn.relu(%0), %x)             =>   %1 = nn.dense(%0, const["w", bfloat16], out_dtype=float32);
 *                                       add(nn.relu(%1), cast(%0, dtype=float32))
 * }</pre>
 *
 * <p>A value that a product reads is rounded once, where it is computed; whoever else reads it
 * reads the rounded one, so that only that is written to memory. Weights are rounded here, and so
 * are the tables that rows are looked up in. All else is computed as it was.
 */
public final class LowerPrecision implements Pass<IRModule> {

  private static final Set<String> PRODUCTS =
      Set.of(
          "nn.dense",
          "nn.matmul",
          "nn.conv1d",
          "nn.conv2d",
          "nn.conv3d",
          "nn.conv1d_transpose",
          "nn.conv2d_transpose",
          "nn.conv3d_transpose");

  /** Operators whose result has elements of their first operand, which may as well be narrow. */
  private static final Set<String> MOVES_DATA =
      Set.of("reshape", "squeeze", "expand_dims", "transpose", "strided_slice");

  private final OperatorRegistry operators;
  private final DType storage;

  /**
   * @param storage {@code bfloat16}, {@code float16}, or {@code tfloat32}
   */
  public LowerPrecision(OperatorRegistry operators, DType storage) {
    this.operators = operators;
    this.storage = storage;
  }

  @Override
  public Set<Invariant> requires() {
    return Set.of(GraphInvariants.TYPED);
  }

  @Override
  public IRModule apply(IRModule module) {
    return module.mapFunctions(
        function ->
            function.isPrimitive() ? function : new Rewriting(function.body()).of(function));
  }

  private static boolean isWide(Expr expr) {
    return expr.type() instanceof TensorType type && type.dtype().equals(DType.F32);
  }

  private static boolean isProduct(Expr expr) {
    return isCallOfAny(expr, PRODUCTS)
        && isWide(expr)
        && ((Call) expr).arguments().stream().allMatch(LowerPrecision::isWide);
  }

  private static boolean movesData(Expr expr) {
    return isCallOfAny(expr, MOVES_DATA) && ((Call) expr).arguments().size() == 1;
  }

  private static boolean isCallOfAny(Expr expr, Set<String> names) {
    return expr instanceof Call call
        && call.callee() instanceof Operator operator
        && names.contains(operator.name());
  }

  /** A row or more looked up in a table of weights. */
  private static boolean isLookup(Expr expr) {
    return isCallOfAny(expr, Set.of("take"))
        && isWide(expr)
        && ((Call) expr).arguments().getFirst() instanceof Constant;
  }

  /** Of one function. */
  private final class Rewriting {
    private final List<Expr> order;
    private final Set<Expr> narrowed = new HashSet<>();
    private final Map<Expr, Expr> wide = new HashMap<>();
    private final Map<Expr, Expr> narrow = new HashMap<>();

    Rewriting(Expr body) {
      order = Exprs.postOrder(body);
      for (Expr expr : order.reversed()) {
        if (isProduct(expr)) {
          narrowed.addAll(((Call) expr).arguments());
        } else if (isLookup(expr)) {
          narrowed.add(((Call) expr).arguments().getFirst());
        } else if (movesData(expr) && narrowed.contains(expr)) {
          narrowed.add(((Call) expr).arguments().getFirst());
        }
      }
    }

    Function of(Function function) {
      order.forEach(this::rewrite);
      return narrowed.isEmpty() ? function : function.withBody(wide.get(function.body()));
    }

    private void rewrite(Expr expr) {
      if (!narrowed.contains(expr)) {
        wide.put(expr, rewritten(expr));
      } else if (expr instanceof Constant(NDArray value)) {
        wide.put(expr, expr);
        narrow.put(expr, new Constant(rounded(value)));
      } else if (movesData(expr)) {
        Call call = (Call) expr;
        Expr moved = call.withArguments(List.of(narrow.get(call.arguments().getFirst())));
        narrow.put(expr, moved);
        wide.put(expr, cast(moved, DType.F32));
      } else {
        Expr same = rewritten(expr);
        Expr rounded = cast(same, storage);
        narrow.put(expr, rounded);
        // An input is in memory as it is.
        wide.put(expr, expr instanceof Call ? cast(rounded, DType.F32) : same);
      }
    }

    private Expr rewritten(Expr expr) {
      if (isProduct(expr)) {
        Call call = (Call) expr;
        Attributes.Builder attributes =
            Attributes.builder().putAll(call.attributes().values()).put("out_dtype", DType.F32);
        return Call.of(
            (Operator) call.callee(),
            call.arguments().stream().map(narrow::get).toList(),
            attributes.build(),
            call.label());
      }
      if (isLookup(expr)) {
        Call call = (Call) expr;
        List<Expr> arguments = new ArrayList<>();
        arguments.add(narrow.get(call.arguments().getFirst()));
        call.arguments().stream().skip(1).map(wide::get).forEach(arguments::add);
        return cast(call.withArguments(arguments), DType.F32);
      }
      List<Expr> children = new ArrayList<>();
      Exprs.children(expr).forEach(child -> children.add(wide.get(child)));
      return Exprs.withChildren(expr, children);
    }

    private Expr cast(Expr expr, DType to) {
      String label = expr instanceof Call call ? call.label() : "";
      return Call.of(
          operators.get("cast"),
          List.of(expr),
          Attributes.builder().put("dtype", to).build(),
          label);
    }

    private NDArray rounded(NDArray value) {
      NDArray rounded = NDArray.allocate(value.type().withDType(storage));
      for (long i = 0; i < value.elements(); i++) {
        rounded.setDouble(i, value.getDouble(i));
      }
      return rounded;
    }
  }
}
