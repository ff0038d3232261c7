package org.jtvmc.compiler.passes;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.GraphRewriter;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.pass.Invariant;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.type.DType;

/**
 * Takes weights and biases below the smallest normal number, 1.2e-38, for zero.
 *
 * <pre>{@code
 * nn.dense(%x, const[1e-40, 2])   =>   nn.dense(%x, const[0, 2])
 * }</pre>
 *
 * Training with weight decay leaves such numbers in channels that do nothing. They move no sum that
 * matters, and a multiplication by one takes some processors a hundred times as long as another.
 */
public final class FlushSubnormalWeights implements Pass<IRModule> {
  private static final Set<String> SUMS =
      Set.of(
          "nn.conv1d",
          "nn.conv2d",
          "nn.conv3d",
          "nn.conv1d_transpose",
          "nn.conv2d_transpose",
          "nn.conv3d_transpose",
          "nn.dense",
          "nn.matmul",
          "nn.bias_add");

  private static final ValueLayout.OfInt BITS = ValueLayout.JAVA_INT_UNALIGNED;
  private static final int EXPONENT = 0x7f800000;
  private static final int MANTISSA = 0x007fffff;

  @Override
  public Set<Invariant> requires() {
    return Set.of(GraphInvariants.TYPED);
  }

  @Override
  public IRModule apply(IRModule module) {
    return module.mapFunctions(
        (Function function) ->
            function.isPrimitive()
                ? function
                : GraphRewriter.rewrite(function, FlushSubnormalWeights::flush));
  }

  private static Expr flush(Expr expr) {
    if (!(expr instanceof Call call)
        || !(call.callee() instanceof Operator operator)
        || !SUMS.contains(operator.name())) {
      return expr;
    }
    List<Expr> arguments = new ArrayList<>(call.arguments());
    if (arguments.get(1) instanceof Constant(NDArray weight)
        && weight.dtype().equals(DType.F32)
        && holdsSubnormals(weight)) {
      arguments.set(1, new Constant(flushed(weight)));
      return call.withArguments(arguments);
    }
    return expr;
  }

  private static boolean holdsSubnormals(NDArray array) {
    MemorySegment data = array.data();
    long elements = array.elements();
    for (long i = 0; i < elements; i++) {
      if (isSubnormal(data.getAtIndex(BITS, i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isSubnormal(int bits) {
    return (bits & EXPONENT) == 0 && (bits & MANTISSA) != 0;
  }

  private static NDArray flushed(NDArray array) {
    NDArray result = NDArray.allocate(array.type());
    long elements = array.elements();
    for (long i = 0; i < elements; i++) {
      int bits = array.data().getAtIndex(BITS, i);
      result.data().setAtIndex(BITS, i, isSubnormal(bits) ? 0 : bits);
    }
    return result;
  }
}
