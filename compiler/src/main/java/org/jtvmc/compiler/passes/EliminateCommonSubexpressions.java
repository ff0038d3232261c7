package org.jtvmc.compiler.passes;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Callee;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.GraphRewriter;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.If;
import org.jtvmc.ir.graph.Let;
import org.jtvmc.ir.graph.StructuralHash;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.type.TensorType;

/**
 * Computes equal things once. Expressions have no effects, so that equal calls give equal values.
 *
 * <pre>{@code
 * %0 = nn.relu(%x);
 * %1 = nn.relu(%x);      =>    %0 = nn.relu(%x);
 * add(%0, %1)                  add(%0, %0)
 * }</pre>
 */
public final class EliminateCommonSubexpressions implements Pass<IRModule> {

  /** Constants up to this size, in bytes, compare by content; larger ones by identity. */
  private static final long COMPARED_BYTES = 4096;

  /** What makes a node equal to another; nodes that are operands are the merged ones already. */
  private sealed interface Key {
    record OfCall(Object callee, List<Expr> arguments, Attributes attributes) implements Key {}

    record OfTuple(List<Expr> fields) implements Key {}

    record OfItem(Expr tuple, int index) implements Key {}

    record OfConstant(TensorType type, ByteBuffer content) implements Key {}

    record OfIdentity(Object node) implements Key {}
  }

  @Override
  public IRModule apply(IRModule module) {
    return module.mapFunctions(
        function -> {
          Map<Key, Expr> first = new HashMap<>();
          Map<Function, String> hashes = new HashMap<>();
          return GraphRewriter.rewrite(
              function,
              expr -> {
                Expr known = first.putIfAbsent(key(expr, hashes), expr);
                return known == null ? expr : known;
              });
        });
  }

  private static Key key(Expr expr, Map<Function, String> hashes) {
    return switch (expr) {
      case Call call ->
          new Key.OfCall(callee(call.callee(), hashes), call.arguments(), call.attributes());
      case Tuple tuple -> new Key.OfTuple(tuple.fields());
      case TupleGetItem item -> new Key.OfItem(item.tuple(), item.index());
      case Constant(NDArray value) -> key(value);
      case Var _, If _, Let _ -> new Key.OfIdentity(expr);
    };
  }

  private static Object callee(Callee callee, Map<Function, String> hashes) {
    return callee instanceof Function function
        ? hashes.computeIfAbsent(function, StructuralHash::of)
        : callee;
  }

  private static Key key(NDArray value) {
    return value.type().bytes() <= COMPARED_BYTES
        ? new Key.OfConstant(value.type(), value.data().asByteBuffer())
        : new Key.OfIdentity(value);
  }
}
