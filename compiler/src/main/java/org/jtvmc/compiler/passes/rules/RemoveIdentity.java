package org.jtvmc.compiler.passes.rules;

import static org.jtvmc.compiler.passes.rules.Operands.tensor;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Tuple;

/**
 * Drops calls that give their argument back.
 *
 * <pre>{@code
 * reshape(%x: Tensor[(2, 3), float32], newshape=[2, 3])   =>   %x
 * transpose(%x, axes=[0, 1, 2])                           =>   %x
 * concatenate((%x,))                                      =>   %x
 * }</pre>
 *
 * The same for casts to the same type, pads by nothing, whole slices, and clips without bounds.
 */
public final class RemoveIdentity implements RewriteRule {

  @Override
  public Optional<Expr> apply(Call call) {
    if (call.arguments().isEmpty()) {
      return Optional.empty();
    }
    Expr argument = call.arguments().getFirst();
    if (argument instanceof Tuple tuple) {
      boolean single = call.isCallOf("concatenate") && tuple.fields().size() == 1;
      return single ? Optional.of(tuple.fields().getFirst()) : Optional.empty();
    }
    return call.type().equals(argument.type()) && isIdentity(call)
        ? Optional.of(argument)
        : Optional.empty();
  }

  /** Of a call whose type is its argument's. */
  private static boolean isIdentity(Call call) {
    Attributes attributes = Operands.attributes(call);
    return switch (((Operator) call.callee()).name()) {
      case "copy", "cast", "reshape", "squeeze", "expand_dims", "broadcast_to" -> true;
      case "concatenate" -> call.arguments().size() == 1;
      case "transpose" -> Transposes.isIdentity(Transposes.axes(call));
      case "nn.pad" -> attributes.integers("pad_width").stream().allMatch(width -> width == 0);
      case "strided_slice" -> isWhole(call, attributes.integers("strides"));
      case "clip" ->
          attributes.real("a_min") == Double.NEGATIVE_INFINITY
              && attributes.real("a_max") == Double.POSITIVE_INFINITY;
      default -> false;
    };
  }

  /** Of a slice with as many elements: whole unless it runs backwards. */
  private static boolean isWhole(Call call, List<Long> strides) {
    return tensor(call).isStatic() && strides.stream().allMatch(stride -> stride == 1);
  }
}
