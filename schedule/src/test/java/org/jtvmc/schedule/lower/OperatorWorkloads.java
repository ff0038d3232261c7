package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.schedule.ComputeDag;

/** The standard operators' own tensor expressions on small shapes, alone and chained. */
final class OperatorWorkloads {

  private OperatorWorkloads() {}

  static Map<String, ComputeDag> all() {
    Map<String, ComputeDag> all = new LinkedHashMap<>();
    Tensor image = input(1, 6, 9, 8);
    all.put(
        "groupedConvolution",
        dag(
            call(
                "nn.relu",
                attributes(),
                call(
                    "nn.conv2d",
                    attributes()
                        .put("padding", List.of(1L, 0L, 2L, 1L))
                        .put("strides", List.of(2L, 1L))
                        .put("groups", 2L),
                    image,
                    weight(4, 3, 3, 3)))));
    all.put(
        "transposedConvolution",
        dag(
            call(
                "nn.conv2d_transpose",
                attributes().put("strides", List.of(2L, 2L)),
                input(1, 3, 4, 5),
                weight(3, 2, 3, 3))));
    all.put(
        "averagePool",
        dag(
            call(
                "nn.avg_pool",
                attributes()
                    .put("pool_size", List.of(3L, 3L))
                    .put("strides", List.of(2L, 2L))
                    .put("padding", List.of(1L, 1L, 1L, 1L)),
                image)));
    all.put("softmax", dag(call("nn.softmax", attributes(), input(3, 5, 10))));
    all.put(
        "layerNorm",
        dag(call("nn.layer_norm", attributes(), input(4, 24), weight(24), weight(24))));
    all.put(
        "gelu",
        dag(
            call(
                "nn.gelu",
                attributes(),
                call("nn.dense", attributes(), input(5, 9), weight(7, 9)))));
    all.put(
        "matmulReshapeTranspose",
        dag(
            call(
                "transpose",
                attributes().put("axes", List.of(0L, 2L, 1L, 3L)),
                call(
                    "reshape",
                    attributes().put("newshape", List.of(1L, 6L, 3L, 4L)),
                    call("nn.matmul", attributes(), input(1, 6, 8), weight(8, 12))))));
    all.put(
        "concatenateThenClip",
        dag(
            call(
                "clip",
                attributes().put("a_min", -1.0).put("a_max", 1.0),
                call(
                    "concatenate",
                    attributes().put("axis", 1L),
                    input(2, 3, 5),
                    input(2, 4, 5),
                    input(2, 1, 5)))));
    all.put(
        "stridedSlice",
        dag(
            call(
                "strided_slice",
                attributes()
                    .put("begin", List.of(1L, 6L))
                    .put("end", List.of(7L, 0L))
                    .put("strides", List.of(2L, -1L))
                    .put("axes", List.of(0L, 1L)),
                call("exp", attributes(), input(8, 7)))));
    all.put(
        "resizeThenAdd",
        dag(
            call(
                "add",
                attributes(),
                call(
                    "image.resize",
                    attributes().put("sizes", List.of(1L, 2L, 8L, 10L)).put("mode", "nearest"),
                    input(1, 2, 4, 5)),
                input(1, 2, 8, 10))));
    all.put(
        "depthToSpace",
        dag(
            call(
                "depth_to_space",
                attributes().put("block_size", 2L),
                call("tanh", attributes(), input(1, 8, 3, 4)))));
    all.put(
        "edgePad",
        dag(
            call(
                "nn.pad",
                attributes().put("pad_width", List.of(2L, 1L, 0L, 3L)).put("pad_mode", "edge"),
                call("negative", attributes(), input(5, 7)))));
    all.put("cumulativeSum", dag(call("cumsum", attributes().put("axis", 1L), input(3, 7))));
    all.put("argmax", dag(call("argmax", attributes().put("axis", 1L), input(4, 9))));
    all.put(
        "groupNorm",
        dag(call("nn.instance_norm", attributes(), input(2, 3, 4, 5), weight(3), weight(3))));
    all.put(
        "hardSwishBilinear",
        dag(
            call(
                "image.resize",
                attributes().put("sizes", List.of(1L, 2L, 7L, 6L)).put("mode", "linear"),
                call("nn.hard_swish", attributes(), input(1, 2, 4, 5)))));
    all.put("mean", dag(call("mean", attributes().put("axes", List.of(1L)), input(4, 10, 3))));
    all.put("meanOfAll", dag(call("mean", attributes(), input(6, 11))));
    return all;
  }

  private static Attributes.Builder attributes() {
    return Attributes.builder();
  }

  private static Tensor input(long... shape) {
    return Tensor.placeholder("x", DType.F32, shape);
  }

  private static Tensor weight(long... shape) {
    return Tensor.placeholder("w", DType.F32, true, Tensor.sizes(shape));
  }

  private static ComputeDag dag(Tensor output) {
    return ComputeDag.of(List.of(output));
  }

  private static Tensor call(String name, Attributes.Builder attributes, Tensor... inputs) {
    Operator operator = OperatorRegistry.standard().get(name);
    List<Type> types = new ArrayList<>();
    for (Tensor input : inputs) {
      long[] shape = input.shape().stream().mapToLong(size -> ((IntImm) size).value()).toArray();
      types.add(TensorType.of(input.dtype(), shape));
    }
    Type result = operator.infer(types, attributes.build());
    return operator.compute(List.of(inputs), attributes.build(), result).getFirst();
  }
}
