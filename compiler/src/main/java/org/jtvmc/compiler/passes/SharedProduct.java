package org.jtvmc.compiler.passes;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jtvmc.compiler.passes.rules.Operands;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.TensorType;

/**
 * A product by constant weights whose result, with a bias or without, split and transposed or not,
 * is one operand of one product of computed matrices, and nothing else.
 *
 * @param result what that product reads
 */
record SharedProduct(Kind kind, Call dense, Optional<Call> bias, Call result) {

  /**
   * What is equal for products that can be one.
   *
   * @param weight its type, without which side its columns are on
   * @param split the sizes of the result before it is transposed: those of the product, with the
   *     last split
   * @param order the dimensions as they are transposed
   */
  record Kind(
      Expr data,
      TensorType weight,
      Attributes attributes,
      boolean biased,
      List<Long> split,
      List<Long> order) {

    /** The dimension of the weight that its columns are. */
    int weightAxis() {
      return attributes.bool("transpose_weight") ? 0 : 1;
    }
  }

  /** The product that {@code expr} is, if it is such a one. */
  static Optional<SharedProduct> of(Expr expr, Map<Expr, List<Expr>> users) {
    if (!(expr instanceof Call dense)
        || !dense.isCallOf("nn.dense")
        || !(dense.arguments().get(1) instanceof Constant weight)
        || !Operands.tensor(dense).isStatic()) {
      return Optional.empty();
    }
    List<Long> sizes = Operands.tensor(dense).sizes();
    Optional<Call> bias =
        reader("nn.bias_add", dense, users).filter(call -> isBias(call, sizes.size() - 1));
    Call sum = bias.orElse(dense);
    Call split =
        reader("reshape", sum, users).filter(call -> splitsColumns(call, sizes)).orElse(sum);
    Optional<Call> moved = reader("transpose", split, users);
    Call result = moved.orElse(split);
    return reader("nn.matmul", result, users)
        .filter(matmul -> matmul.arguments().stream().noneMatch(Constant.class::isInstance))
        .map(
            _ ->
                new SharedProduct(
                    new Kind(
                        dense.arguments().getFirst(),
                        Operands.tensor(weight),
                        Operands.attributes(dense),
                        bias.isPresent(),
                        Operands.tensor(split).sizes(),
                        order(moved, Operands.tensor(split).rank())),
                    dense,
                    bias,
                    result));
  }

  /** The only call that reads {@code expr}, where it is one of that operator. */
  private static Optional<Call> reader(String operator, Expr expr, Map<Expr, List<Expr>> users) {
    List<Expr> all = users.get(expr);
    return all.size() == 1 ? Operands.callOf(operator, all.getFirst()) : Optional.empty();
  }

  private static boolean isBias(Call call, int columns) {
    return call.arguments().get(1) instanceof Constant && ChannelAffine.axis(call) == columns;
  }

  private static boolean splitsColumns(Call reshape, List<Long> sizes) {
    TensorType type = Operands.tensor(reshape);
    int columns = sizes.size() - 1;
    return type.isStatic()
        && type.rank() > columns
        && type.sizes().subList(0, columns).equals(sizes.subList(0, columns));
  }

  private static List<Long> order(Optional<Call> transpose, int rank) {
    List<Long> axes =
        transpose.map(call -> Operands.attributes(call).integers("axes")).orElse(List.of());
    if (axes.isEmpty()) {
      LongStream all = LongStream.range(0, rank);
      return (transpose.isPresent() ? all.map(axis -> rank - 1 - axis) : all).boxed().toList();
    }
    return axes.stream().map(axis -> (long) Operands.axis(axis, rank)).toList();
  }
}
