package org.jtvmc.compiler.onnx;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jtvmc.ir.type.DType;

/** As {@link RandomOperators}, for operators that move elements and compute nothing, or little. */
final class RandomMovements {

  private RandomMovements() {}

  static Map<String, Consumer<RandomNode>> all() {
    var all = new LinkedHashMap<String, Consumer<RandomNode>>();
    all.put("Transpose", RandomMovements::transpose);
    all.put("Reshape", RandomMovements::reshape);
    all.put("Concat", RandomMovements::concat);
    all.put("Split", RandomMovements::split);
    all.put("Slice", RandomMovements::slice);
    all.put("Gather", RandomMovements::gather);
    all.put("GatherElements", RandomMovements::gatherElements);
    all.put("Expand", RandomMovements::expand);
    all.put("Tile", RandomMovements::tile);
    all.put("Pad", RandomMovements::pad);
    all.put("Resize", RandomMovements::resize);
    all.put("Einsum", RandomMovements::einsum);
    all.put("Trilu", RandomMovements::trilu);
    all.put("DepthToSpace", RandomMovements::depthToSpace);
    return all;
  }

  private static void transpose(RandomNode node) {
    int rank = node.between(1, 5);
    var transpose = node.model.node("Transpose", node.data(node.shape(rank)));
    node.output(
        (node.coin() ? transpose : transpose.ints("perm", node.permutation(rank))).output());
  }

  private static void reshape(RandomNode node) {
    var shape = node.shape(4);
    var target =
        node.oneOf(
            new long[] {0, -1},
            new long[] {-1},
            new long[] {shape[0] * shape[1], 1, shape[2] * shape[3]},
            new long[] {0, 0, -1, 1});
    node.output(node.model.node("Reshape", node.data(shape), node.constant(target)).output());
  }

  private static void concat(RandomNode node) {
    int rank = node.between(1, 4);
    int axis = node.axis(rank);
    var shape = node.shape(rank);
    var inputs = new String[node.between(1, 4)];
    for (int i = 0; i < inputs.length; i++) {
      var own = shape.clone();
      own[axis < 0 ? axis + rank : axis] = node.between(1, 4);
      inputs[i] = node.data(own);
    }
    node.output(node.model.node("Concat", inputs).integer("axis", axis).output());
  }

  private static void split(RandomNode node) {
    int rank = node.between(1, 4);
    int axis = node.axis(rank);
    var parts = node.numbers(node.between(1, 3), 1, 4);
    var shape = node.shape(rank);
    shape[axis < 0 ? axis + rank : axis] = Arrays.stream(parts).sum();
    node.model
        .node("Split", node.data(shape), node.constant(parts))
        .integer("axis", axis)
        .outputs(parts.length)
        .forEach(node::output);
  }

  private static void slice(RandomNode node) {
    int rank = node.between(1, 4);
    int count = node.between(1, rank);
    var x = node.data(node.shape(rank));
    var steps = Arrays.stream(node.numbers(count, 1, 3)).map(s -> node.coin() ? s : -s).toArray();
    node.output(
        node.model
            .node(
                "Slice",
                x,
                node.constant(node.numbers(count, -7, 7)),
                node.constant(node.numbers(count, -7, 7)),
                node.constant(node.someAxes(rank, count)),
                node.constant(steps))
            .output());
  }

  private static void gather(RandomNode node) {
    int rank = node.between(1, 4);
    int axis = node.axis(rank);
    var shape = node.shape(rank);
    int size = (int) shape[axis < 0 ? axis + rank : axis];
    var indices = node.integers(DType.I64, -size, size - 1, node.shape(node.between(0, 2)));
    node.output(
        node.model.node("Gather", node.data(shape), indices).integer("axis", axis).output());
  }

  private static void gatherElements(RandomNode node) {
    int rank = node.between(1, 3);
    int axis = node.axis(rank);
    var shape = node.shape(rank);
    int size = (int) shape[axis < 0 ? axis + rank : axis];
    var taken = shape.clone();
    taken[axis < 0 ? axis + rank : axis] = node.between(1, 6);
    var indices = node.integers(DType.I64, -size, size - 1, taken);
    node.output(
        node.model
            .node("GatherElements", node.data(shape), indices)
            .integer("axis", axis)
            .output());
  }

  private static void expand(RandomNode node) {
    var shape = node.shape(node.between(1, 4));
    var x = node.data(RandomOperators.broadcastable(node, shape));
    node.output(node.model.node("Expand", x, node.constant(shape)).output());
  }

  private static void tile(RandomNode node) {
    int rank = node.between(1, 4);
    var repeats = node.constant(node.numbers(rank, 1, 3));
    node.output(node.model.node("Tile", node.data(node.shape(rank)), repeats).output());
  }

  private static void pad(RandomNode node) {
    int rank = node.between(1, 4);
    var mode = node.oneOf("constant", "reflect", "edge");
    var shape = node.numbers(rank, 3, 5);
    var pads = node.constant(node.numbers(2 * rank, mode.equals("constant") ? -1 : 0, 2));
    var x = node.data(shape);
    var pad =
        node.coin()
            ? node.model.node("Pad", x, pads)
            : node.model.node("Pad", x, pads, node.scalar(1.5f));
    node.output(pad.string("mode", mode).output());
  }

  private static void resize(RandomNode node) {
    var x = node.data(1, node.between(1, 3), node.between(3, 6), node.between(3, 6));
    var mode = node.oneOf("nearest", "linear", "cubic");
    var coordinates = node.oneOf("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel");
    var sizes =
        node.constant(
            1, node.inputs().get(x).type().sizes().get(1), node.between(2, 9), node.between(2, 9));
    var resize =
        node.model
            .node("Resize", x, "", "", sizes)
            .string("mode", mode)
            .string("coordinate_transformation_mode", coordinates);
    if (mode.equals("nearest")) {
      resize.string(
          "nearest_mode", node.oneOf("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"));
    }
    node.output(resize.output());
  }

  private static void einsum(RandomNode node) {
    var sizes = node.numbers(4, 1, 4);
    var equation =
        node.oneOf("ij,jk->ik", "bij,bjk->bik", "ij->ji", "bij,bkj->bki", "bi,bj->bij", "ij->i");
    var operands = equation.substring(0, equation.indexOf("->")).split(",");
    var inputs =
        Arrays.stream(operands)
            .map(o -> node.data(o.chars().mapToLong(c -> sizes["bijk".indexOf(c)]).toArray()))
            .toArray(String[]::new);
    node.output(node.model.node("Einsum", inputs).string("equation", equation).output());
  }

  private static void trilu(RandomNode node) {
    var x = node.data(node.shape(node.between(2, 4)));
    var k = node.model.initializer("k", new long[] {}, (long) node.between(-3, 3));
    node.output(node.model.node("Trilu", x, k).integer("upper", node.between(0, 1)).output());
  }

  private static void depthToSpace(RandomNode node) {
    long block = node.between(2, 3);
    if (node.coin()) {
      var x =
          node.data(1, block * block * node.between(1, 2), node.between(1, 3), node.between(1, 3));
      node.output(
          node.model
              .node("DepthToSpace", x)
              .integer("blocksize", block)
              .string("mode", node.oneOf("DCR", "CRD"))
              .output());
    } else {
      var x = node.data(1, 2, block * node.between(1, 3), block * node.between(1, 3));
      node.output(node.model.node("SpaceToDepth", x).integer("blocksize", block).output());
    }
  }
}
