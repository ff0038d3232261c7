package org.jtvmc.ir.op;

import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.image.Resize;
import org.jtvmc.ir.op.math.BinaryElementwise;
import org.jtvmc.ir.op.math.CastElements;
import org.jtvmc.ir.op.math.Clip;
import org.jtvmc.ir.op.math.IsInfinite;
import org.jtvmc.ir.op.math.Power;
import org.jtvmc.ir.op.math.UnaryElementwise;
import org.jtvmc.ir.op.math.Where;
import org.jtvmc.ir.op.nn.Activation;
import org.jtvmc.ir.op.nn.BatchNorm;
import org.jtvmc.ir.op.nn.BiasAdd;
import org.jtvmc.ir.op.nn.Convolution;
import org.jtvmc.ir.op.nn.Dense;
import org.jtvmc.ir.op.nn.GlobalPooling;
import org.jtvmc.ir.op.nn.LayerNorm;
import org.jtvmc.ir.op.nn.MatrixProduct;
import org.jtvmc.ir.op.nn.Pad;
import org.jtvmc.ir.op.nn.Pooling;
import org.jtvmc.ir.op.nn.Prelu;
import org.jtvmc.ir.op.nn.Softmax;
import org.jtvmc.ir.op.nn.TransposedConvolution;
import org.jtvmc.ir.op.reduce.Reduction;
import org.jtvmc.ir.op.tensor.BroadcastTo;
import org.jtvmc.ir.op.tensor.Concatenate;
import org.jtvmc.ir.op.tensor.ExpandDims;
import org.jtvmc.ir.op.tensor.Reshape;
import org.jtvmc.ir.op.tensor.Squeeze;
import org.jtvmc.ir.op.tensor.StridedSlice;
import org.jtvmc.ir.op.tensor.Take;
import org.jtvmc.ir.op.tensor.Transpose;

/** The list of the operators that come with the compiler. */
final class StandardOperators {

  private StandardOperators() {}

  static List<Operator> all() {
    return Stream.of(
            UnaryElementwise.all(),
            BinaryElementwise.all(),
            Activation.all(),
            Convolution.all(),
            TransposedConvolution.all(),
            Pooling.all(),
            GlobalPooling.all(),
            LayerNorm.all(),
            Softmax.all(),
            Reduction.all(),
            single())
        .flatMap(List::stream)
        .toList();
  }

  private static List<Operator> single() {
    return List.of(
        new BatchNorm(),
        new BiasAdd(),
        new BroadcastTo(),
        new CastElements(),
        new Clip(),
        new Concatenate(),
        new Dense(),
        new ExpandDims(),
        new IsInfinite(),
        new MatrixProduct(),
        new Pad(),
        new Power(),
        new Prelu(),
        new Reshape(),
        new Resize(),
        new Squeeze(),
        new StridedSlice(),
        new Take(),
        new Transpose(),
        new Where());
  }
}
