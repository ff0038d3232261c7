package org.jtvmc.tests.operators;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/** Operators of {@code ai.onnx.ml}, and those that read images where other inputs say. */
final class LearningCases {

  private LearningCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("TreeEnsembleRegressor", LearningCases::regress),
        OperatorCase.of("RoiAlign", LearningCases::roiAlign),
        OperatorCase.of("DeformConv", LearningCases::deformConv));
  }

  /** Trees of two levels, their nodes named in the order of the levels. */
  private static OneNodeModel regress(Draw d) {
    int features = d.between(1, 4);
    int trees = d.between(1, 3);
    int targets = d.between(1, 2);
    List<Float> values = new ArrayList<>();
    List<Float> weights = new ArrayList<>();
    String[] modes = new String[7 * trees];
    long[][] nodes = new long[5][7 * trees];
    long[][] leaves = new long[3][4 * trees];
    for (int i = 0; i < 7 * trees; i++) {
      int id = i % 7;
      boolean isLeaf = id > 2;
      modes[i] = isLeaf ? "LEAF" : d.choose("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT");
      nodes[0][i] = i / 7;
      nodes[1][i] = id;
      nodes[2][i] = isLeaf ? 0 : d.between(0, features - 1);
      nodes[3][i] = isLeaf ? 0 : 2 * id + 1;
      nodes[4][i] = isLeaf ? 0 : 2 * id + 2;
      values.add(isLeaf ? 0 : d.real(-1, 1));
      if (isLeaf) {
        int leaf = i / 7 * 4 + id - 3;
        leaves[0][leaf] = i / 7;
        leaves[1][leaf] = id;
        leaves[2][leaf] = d.between(0, targets - 1);
        weights.add(d.real(-2, 2));
      }
    }
    return new OneNodeModel("TreeEnsembleRegressor")
        .domain("ai.onnx.ml", 1)
        .input(d.reals(DType.F32, -2, 2, d.between(1, 6), features))
        .integer("n_targets", targets)
        .text("aggregate_function", d.choose("SUM", "AVERAGE", "MIN", "MAX"))
        .texts("nodes_modes", modes)
        .integers("nodes_treeids", nodes[0])
        .integers("nodes_nodeids", nodes[1])
        .integers("nodes_featureids", nodes[2])
        .integers("nodes_truenodeids", nodes[3])
        .integers("nodes_falsenodeids", nodes[4])
        .reals("nodes_values", values)
        .integers("target_treeids", leaves[0])
        .integers("target_nodeids", leaves[1])
        .integers("target_ids", leaves[2])
        .reals("target_weights", weights);
  }

  private static OneNodeModel roiAlign(Draw d) {
    long images = d.between(1, 2);
    long regions = d.between(1, 3);
    NDArray corners = d.reals(DType.F32, -2, 9, regions, 4);
    for (long i = 0; i < regions; i++) {
      for (long side = 0; side < 2; side++) {
        double one = corners.getDouble(i * 4 + side);
        double other = corners.getDouble(i * 4 + side + 2);
        corners.setDouble(i * 4 + side, Math.min(one, other));
        corners.setDouble(i * 4 + side + 2, Math.max(one, other));
      }
    }
    return new OneNodeModel("RoiAlign")
        .opset(16)
        .input(d.floats(images, d.between(1, 2), d.between(3, 7), d.between(3, 7)))
        .input(corners)
        .input(d.integers(DType.I64, 0, (int) images - 1, regions))
        .integer("output_height", d.between(1, 3))
        .integer("output_width", d.between(1, 3))
        .integer("sampling_ratio", d.between(0, 2))
        .real("spatial_scale", d.choose(1f, 0.5f))
        .text("mode", "avg")
        .text("coordinate_transformation_mode", d.choose("half_pixel", "output_half_pixel"));
  }

  private static OneNodeModel deformConv(Draw d) {
    long group = d.between(1, 2);
    long offsetGroups = d.between(1, 2);
    long kernel = d.between(1, 3);
    long stride = d.between(1, 2);
    long pad = d.between(0, 1);
    long size = d.between(4, 6);
    long channels = group * offsetGroups;
    long out = (size + 2 * pad - kernel) / stride + 1;
    OneNodeModel model =
        new OneNodeModel("DeformConv")
            .opset(19)
            .input(d.floats(1, channels, size, size))
            .input(d.floats(2 * group, offsetGroups, kernel, kernel))
            .input(d.reals(DType.F32, -2, 2, 1, offsetGroups * kernel * kernel * 2, out, out));
    if (d.coin()) {
      model.input(d.floats(2 * group)).input(d.floats(1, offsetGroups * kernel * kernel, out, out));
    }
    return model
        .integers("strides", stride, stride)
        .integers("pads", pad, pad, pad, pad)
        .integer("group", group)
        .integer("offset_group", offsetGroups);
  }
}
