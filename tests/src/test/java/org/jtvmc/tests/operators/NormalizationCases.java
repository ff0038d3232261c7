package org.jtvmc.tests.operators;

import java.util.Arrays;
import java.util.List;
import org.jtvmc.ir.type.DType;

/** Normalisations and softmax. */
final class NormalizationCases {

  private NormalizationCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("Softmax", d -> alongAxis(d, "Softmax").opset(d.choose(11, 17))),
        OperatorCase.of("LogSoftmax", d -> alongAxis(d, "LogSoftmax")),
        OperatorCase.of("BatchNormalization", NormalizationCases::batch),
        OperatorCase.of("LayerNormalization", NormalizationCases::layer),
        OperatorCase.of("InstanceNormalization", NormalizationCases::instance),
        OperatorCase.of("GroupNormalization", NormalizationCases::group),
        OperatorCase.of(
            "LRN",
            d ->
                new OneNodeModel("LRN")
                    .input(d.floats(d.shape(4, 5)))
                    .integer("size", d.choose(1, 3, 5))
                    .real("alpha", d.real(0.01, 1))
                    .real("beta", d.real(0.5, 1))
                    .real("bias", d.real(1, 2))));
  }

  private static OneNodeModel alongAxis(Draw d, String name) {
    int rank = d.between(1, 4);
    return new OneNodeModel(name).input(d.floats(d.shape(rank, 5))).integer("axis", d.axis(rank));
  }

  private static OneNodeModel batch(Draw d) {
    long[] shape = d.shape(d.between(2, 5), 4);
    return new OneNodeModel("BatchNormalization")
        .input(d.floats(shape))
        .weight(d.floats(shape[1]))
        .weight(d.floats(shape[1]))
        .weight(d.floats(shape[1]))
        .weight(d.reals(DType.F32, 0.1, 2, shape[1]))
        .real("epsilon", d.choose(1e-5f, 1e-2f));
  }

  private static OneNodeModel layer(Draw d) {
    int rank = d.between(1, 4);
    long[] shape = d.shape(rank, 5);
    int axis = d.axis(rank);
    long[] inner = Arrays.copyOfRange(shape, axis < 0 ? axis + rank : axis, rank);
    OneNodeModel model =
        new OneNodeModel("LayerNormalization")
            .opset(d.choose(13, 17))
            .input(d.floats(shape))
            .weight(d.floats(inner))
            .integer("axis", axis)
            .real("epsilon", d.choose(1e-5f, 1e-2f));
    return d.coin() ? model.weight(d.floats(inner)) : model;
  }

  private static OneNodeModel instance(Draw d) {
    long[] shape = d.longs(d.between(3, 5), 2, 4);
    return new OneNodeModel("InstanceNormalization")
        .input(d.floats(shape))
        .weight(d.floats(shape[1]))
        .weight(d.floats(shape[1]))
        .real("epsilon", d.choose(1e-3f, 1e-2f));
  }

  private static OneNodeModel group(Draw d) {
    int groups = d.between(1, 3);
    long[] shape = d.longs(d.between(3, 4), 2, 4);
    shape[1] = (long) groups * d.between(1, 3);
    return new OneNodeModel("GroupNormalization")
        .opset(21)
        .input(d.floats(shape))
        .weight(d.floats(shape[1]))
        .weight(d.floats(shape[1]))
        .integer("num_groups", groups)
        .real("epsilon", 1e-2f);
  }
}
