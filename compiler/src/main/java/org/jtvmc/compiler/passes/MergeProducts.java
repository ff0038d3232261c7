package org.jtvmc.compiler.passes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.pass.Invariant;
import org.jtvmc.ir.pass.Pass;

/**
 * Makes one product of those that multiply the same tensor by weights, as for the queries and the
 * values of attention: their weights and biases stand side by side, and each part of the result is
 * a slice.
 *
 * <pre>{@code
 * %q = transpose(reshape(nn.bias_add(nn.dense(%x, Q), q)))
 * %v = transpose(reshape(nn.bias_add(nn.dense(%x, V), v)))
 * nn.matmul(softmax(nn.matmul(%q, %k)), %v)
 *   =>   %m = transpose(reshape(nn.bias_add(nn.dense(%x, Q|V), q|v)))      // (2, ...), stored so by the product
 *        nn.matmul(softmax(nn.matmul(squeeze(%m[0:1]), %k)), squeeze(%m[1:2]))
 * }</pre>
 *
 * The parts lie behind each other, so that a slice is a shift of where its reader begins. Only
 * products whose results are moved the same way and read by one product of computed matrices each
 * are merged: that one takes the slice into its reads ({@code FuseOperators.Options.slices}), while
 * all others would have it copied, or would lose the elementwise work behind a product. And only
 * weights that fit a cache together: then the rows are read once for all of them, while weights
 * from memory are what such a product waits for, however many there are.
 */
public final class MergeProducts implements Pass<IRModule> {
  /** A limit that nothing is below. */
  public static final long NONE = 0;

  private final OperatorRegistry operators;
  private final long weightBytes;

  /**
   * @param weightBytes the most that the weights of one merged product may take
   */
  public MergeProducts(OperatorRegistry operators, long weightBytes) {
    this.operators = operators;
    this.weightBytes = weightBytes;
  }

  @Override
  public Set<Invariant> requires() {
    return Set.of(GraphInvariants.TYPED);
  }

  @Override
  public IRModule apply(IRModule module) {
    return module.mapFunctions(function -> function.isPrimitive() ? function : merge(function));
  }

  private Function merge(Function function) {
    Map<Expr, List<Expr>> users = Exprs.users(function.body());
    Map<SharedProduct.Kind, List<SharedProduct>> alike =
        users.keySet().stream()
            .flatMap(expr -> SharedProduct.of(expr, users).stream())
            .collect(Collectors.groupingBy(SharedProduct::kind));
    Map<Expr, SharedProduct> parts =
        alike.values().stream()
            .filter(group -> group.size() > 1 && weightBytes(group) <= weightBytes)
            .flatMap(List::stream)
            .collect(Collectors.toMap(SharedProduct::result, part -> part));
    Map<Expr, Expr> rewritten = new HashMap<>();
    Map<SharedProduct.Kind, Call> merged = new HashMap<>();
    for (Expr expr : users.keySet()) {
      SharedProduct part = parts.get(expr);
      Expr after =
          part == null
              ? Exprs.withChildren(expr, Exprs.children(expr).stream().map(rewritten::get).toList())
              : part(
                  merged.computeIfAbsent(
                      part.kind(), kind -> merged(alike.get(kind), rewritten.get(kind.data()))),
                  alike.get(part.kind()).indexOf(part),
                  part.result().label());
      rewritten.put(expr, after);
    }
    return function.withBody(rewritten.get(function.body()));
  }

  private static long weightBytes(List<SharedProduct> group) {
    return group.size() * group.getFirst().kind().weight().bytes();
  }

  /** The product by all weights, with the parts along dimension 0. */
  private Call merged(List<SharedProduct> group, Expr data) {
    SharedProduct one = group.getFirst();
    SharedProduct.Kind kind = one.kind();
    String label = one.dense().label();
    Call result =
        one.dense()
            .withArguments(
                List.of(data, sideBySide(group, SharedProduct::dense, kind.weightAxis())));
    if (one.bias().isPresent()) {
      Expr biases = sideBySide(group, part -> part.bias().orElseThrow(), 0);
      result = one.bias().get().withArguments(List.of(result, biases));
    }
    int parts = Operands.tensor(one.dense()).rank() - 1;
    List<Long> split = new ArrayList<>(kind.split());
    split.add(parts, (long) group.size());
    List<Long> order = new ArrayList<>(List.of((long) parts));
    kind.order().forEach(axis -> order.add(axis < parts ? axis : axis + 1));
    result = call("reshape", result, "newshape", split, label);
    return call("transpose", result, "axes", order, label);
  }

  /** The weights or biases of all, which constant folding makes one constant of. */
  private Call sideBySide(
      List<SharedProduct> group, java.util.function.Function<SharedProduct, Call> of, int axis) {
    List<Expr> fields = group.stream().map(part -> of.apply(part).arguments().get(1)).toList();
    return Call.of(
        operators.get("concatenate"),
        List.of(Tuple.of(fields)),
        Attributes.builder().put("axis", (long) axis).build(),
        "");
  }

  private Call part(Call merged, int index, String label) {
    Call slice =
        Call.of(
            operators.get("strided_slice"),
            List.of(merged),
            Attributes.builder()
                .put("axes", List.of(0L))
                .put("begin", List.of((long) index))
                .put("end", List.of(index + 1L))
                .build(),
            label);
    return call("squeeze", slice, "axis", List.of(0L), label);
  }

  private Call call(String operator, Expr data, String name, List<Long> values, String label) {
    return Call.of(
        operators.get(operator),
        List.of(data),
        Attributes.builder().put(name, values).build(),
        label);
  }
}
