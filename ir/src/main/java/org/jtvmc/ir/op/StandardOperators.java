package org.jtvmc.ir.op;

import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.control.Fetch;
import org.jtvmc.ir.op.control.RandomNumbers;
import org.jtvmc.ir.op.control.Region;
import org.jtvmc.ir.op.control.SequenceStep;
import org.jtvmc.ir.op.control.SizesOfRun;
import org.jtvmc.ir.op.host.Compact;
import org.jtvmc.ir.op.host.Compress;
import org.jtvmc.ir.op.host.NonMaxSuppression;
import org.jtvmc.ir.op.host.NonZero;
import org.jtvmc.ir.op.host.RoiAlign;
import org.jtvmc.ir.op.host.ShapeOfElements;
import org.jtvmc.ir.op.host.TextMatch;
import org.jtvmc.ir.op.host.TextNormalize;
import org.jtvmc.ir.op.host.TextOperators;
import org.jtvmc.ir.op.host.TextSplit;
import org.jtvmc.ir.op.host.TopElements;
import org.jtvmc.ir.op.host.Trees;
import org.jtvmc.ir.op.host.Unique;
import org.jtvmc.ir.op.image.ColumnsToImage;
import org.jtvmc.ir.op.image.DeformedColumns;
import org.jtvmc.ir.op.image.GridSample;
import org.jtvmc.ir.op.image.Resize;
import org.jtvmc.ir.op.math.BinaryElementwise;
import org.jtvmc.ir.op.math.BitCast;
import org.jtvmc.ir.op.math.CastElements;
import org.jtvmc.ir.op.math.Clip;
import org.jtvmc.ir.op.math.IsInfinite;
import org.jtvmc.ir.op.math.Power;
import org.jtvmc.ir.op.math.UnaryElementwise;
import org.jtvmc.ir.op.math.Where;
import org.jtvmc.ir.op.nn.Activation;
import org.jtvmc.ir.op.nn.AdaptivePooling;
import org.jtvmc.ir.op.nn.BatchNorm;
import org.jtvmc.ir.op.nn.BiasAdd;
import org.jtvmc.ir.op.nn.Convolution;
import org.jtvmc.ir.op.nn.Dense;
import org.jtvmc.ir.op.nn.GlobalPooling;
import org.jtvmc.ir.op.nn.GroupNorm;
import org.jtvmc.ir.op.nn.LayerNorm;
import org.jtvmc.ir.op.nn.LocalResponseNorm;
import org.jtvmc.ir.op.nn.MatrixProduct;
import org.jtvmc.ir.op.nn.MaxPositions;
import org.jtvmc.ir.op.nn.Pad;
import org.jtvmc.ir.op.nn.Pooling;
import org.jtvmc.ir.op.nn.Prelu;
import org.jtvmc.ir.op.nn.Softmax;
import org.jtvmc.ir.op.nn.TransposedConvolution;
import org.jtvmc.ir.op.quantize.Dequantize;
import org.jtvmc.ir.op.quantize.Quantize;
import org.jtvmc.ir.op.reduce.ArgReduction;
import org.jtvmc.ir.op.reduce.CumulativeSum;
import org.jtvmc.ir.op.reduce.LogSumExp;
import org.jtvmc.ir.op.reduce.Reduction;
import org.jtvmc.ir.op.reduce.TopK;
import org.jtvmc.ir.op.tensor.Arange;
import org.jtvmc.ir.op.tensor.BroadcastTo;
import org.jtvmc.ir.op.tensor.Concatenate;
import org.jtvmc.ir.op.tensor.DepthToSpace;
import org.jtvmc.ir.op.tensor.ExpandDims;
import org.jtvmc.ir.op.tensor.Full;
import org.jtvmc.ir.op.tensor.FullLike;
import org.jtvmc.ir.op.tensor.Gather;
import org.jtvmc.ir.op.tensor.GatherNd;
import org.jtvmc.ir.op.tensor.OneHot;
import org.jtvmc.ir.op.tensor.Repeat;
import org.jtvmc.ir.op.tensor.Reshape;
import org.jtvmc.ir.op.tensor.Reverse;
import org.jtvmc.ir.op.tensor.ScatterElements;
import org.jtvmc.ir.op.tensor.ScatterNd;
import org.jtvmc.ir.op.tensor.ShapeOf;
import org.jtvmc.ir.op.tensor.SizeValues;
import org.jtvmc.ir.op.tensor.SpaceToDepth;
import org.jtvmc.ir.op.tensor.Split;
import org.jtvmc.ir.op.tensor.Squeeze;
import org.jtvmc.ir.op.tensor.Stack;
import org.jtvmc.ir.op.tensor.StridedSlice;
import org.jtvmc.ir.op.tensor.Take;
import org.jtvmc.ir.op.tensor.Tile;
import org.jtvmc.ir.op.tensor.Transpose;
import org.jtvmc.ir.op.tensor.Trilu;

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
            GroupNorm.all(),
            Softmax.all(),
            AdaptivePooling.all(),
            Reduction.all(),
            ArgReduction.all(),
            CumulativeSum.all(),
            FullLike.all(),
            single(),
            ofRuntime(),
            TextOperators.all(),
            SequenceStep.all())
        .flatMap(List::stream)
        .toList();
  }

  /** Those that functions of the native runtime compute. */
  private static List<Operator> ofRuntime() {
    return List.of(
        new Compact(),
        new Compress(),
        new NonMaxSuppression(),
        new NonZero(),
        new RoiAlign(),
        new ShapeOfElements(),
        new TextMatch(),
        new TextNormalize(),
        new TextSplit(),
        new TopElements(),
        new Trees(),
        new Unique(),
        new Fetch(),
        new RandomNumbers(),
        new SizesOfRun(),
        Region.branch(),
        Region.loop());
  }

  private static List<Operator> single() {
    return List.of(
        new Arange(),
        new BatchNorm(),
        new BiasAdd(),
        new BitCast(),
        new BroadcastTo(),
        new CastElements(),
        new Clip(),
        new ColumnsToImage(),
        new Concatenate(),
        new DeformedColumns(),
        new Dense(),
        new DepthToSpace(),
        new Dequantize(),
        new ExpandDims(),
        new Full(),
        new Gather(),
        new GatherNd(),
        new GridSample(),
        new IsInfinite(),
        new LocalResponseNorm(),
        new LogSumExp(),
        new MatrixProduct(),
        new MaxPositions(),
        new OneHot(),
        new Pad(),
        new Power(),
        new Prelu(),
        new Quantize(),
        new Repeat(),
        new Reshape(),
        new Resize(),
        new Reverse(),
        new ScatterElements(),
        new ScatterNd(),
        new ShapeOf(),
        new SizeValues(),
        new SpaceToDepth(),
        new Split(),
        new Squeeze(),
        new Stack(),
        new StridedSlice(),
        new Take(),
        new Tile(),
        new TopK(),
        new Transpose(),
        new Trilu(),
        new Where());
  }
}
