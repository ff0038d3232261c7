package org.jtvmc.compiler.passes;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.GraphRewriter;
import org.jtvmc.ir.graph.HostOperator;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.pass.Invariant;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;

/**
 * Computes calls whose operands are all constants, by their tensor expressions.
 *
 * <pre>{@code
 * add(%x, sqrt(const(4.0, float32)))   =>   add(%x, const(2.0, float32))
 * }</pre>
 *
 * A change of shape shares the bytes of what it reads. A result that is far larger than all its
 * operands (a broadcast of a number) is left to run time, where fusion computes it in place.
 */
public final class FoldConstants implements Pass<IRModule> {

  /** Results up to this size, in bytes, are computed whatever the operands' size. */
  private final long freeBytes;

  /** Larger results may be this many times as large as their operands. */
  private static final long GROWTH = 2;

  public FoldConstants() {
    this(1 << 20);
  }

  /**
   * A pass with another limit.
   *
   * @param freeBytes results up to this size are computed whatever the operands' size
   */
  public FoldConstants(long freeBytes) {
    this.freeBytes = freeBytes;
  }

  @Override
  public Set<Invariant> requires() {
    return Set.of(GraphInvariants.TYPED);
  }

  @Override
  public IRModule apply(IRModule module) {
    return module.mapFunctions(
        function ->
            function.isPrimitive() ? function : GraphRewriter.rewrite(function, this::fold));
  }

  private Expr fold(Expr expr) {
    if (expr instanceof Call call && call.callee() instanceof Operator operator) {
      return fold(operator, call);
    }
    return expr instanceof TupleGetItem(Tuple tuple, int index, Type _)
            && tuple.fields().get(index) instanceof Constant field
        ? field
        : expr;
  }

  private Expr fold(Operator operator, Call call) {
    List<NDArray> operands = new ArrayList<>();
    if ((operator instanceof HostOperator host && host.controls())
        || call.attributes().hasOpenSizes()
        || makesTexts(call.type())
        || !call.arguments().stream().allMatch(argument -> isConstant(argument, operands))
        || !isWorthwhile(call.type(), operands)) {
      return call;
    }
    if (Views.isView(operator)) {
      return new Constant(operands.getFirst().reshape((TensorType) call.type()));
    }
    List<NDArray> results =
        TensorEvaluator.apply(operator, operands, call.attributes(), call.type());
    return call.type() instanceof TupleType
        ? Tuple.of(results.stream().map(Constant::new).toList())
        : new Constant(results.getFirst());
  }

  /** Texts are addresses, which mean nothing in a library. */
  private static boolean makesTexts(Type type) {
    return switch (type) {
      case TensorType tensor -> tensor.dtype().isString();
      case TupleType(List<Type> fields) -> fields.stream().anyMatch(FoldConstants::makesTexts);
    };
  }

  private static boolean isConstant(Expr expr, List<NDArray> into) {
    if (expr instanceof Constant(NDArray value)) {
      return into.add(value);
    }
    return expr instanceof Tuple tuple
        && tuple.fields().stream().allMatch(field -> isConstant(field, into));
  }

  private boolean isWorthwhile(Type result, List<NDArray> operands) {
    return switch (result) {
      case TensorType tensor -> {
        long given = operands.stream().mapToLong(operand -> operand.type().bytes()).sum();
        yield tensor.isStatic()
            && (tensor.bytes() <= freeBytes || tensor.bytes() <= GROWTH * given);
      }
      case TupleType(List<Type> fields) ->
          fields.stream().allMatch(field -> isWorthwhile(field, operands));
    };
  }
}
