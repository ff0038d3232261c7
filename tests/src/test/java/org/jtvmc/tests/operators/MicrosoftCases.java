package org.jtvmc.tests.operators;

import java.util.List;
import org.jtvmc.ir.type.DType;

/** Operators of ONNX Runtime's own set. */
final class MicrosoftCases {

  private MicrosoftCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("microsoft.Gelu", d -> of("Gelu").input(d.floats(d.shape(3, 5)))),
        OperatorCase.of("microsoft.QuickGelu", d -> of("QuickGelu").input(d.floats(d.shape(3, 5)))),
        OperatorCase.of("microsoft.BiasGelu", d -> withBias(d, "BiasGelu")),
        OperatorCase.of("microsoft.FastGelu", d -> withBias(d, "FastGelu")),
        OperatorCase.of("microsoft.FusedMatMul", MicrosoftCases::product),
        OperatorCase.of("microsoft.SkipLayerNormalization", MicrosoftCases::skipLayerNorm),
        OperatorCase.of("microsoft.QLinearAdd", MicrosoftCases::quantizedAdd),
        OperatorCase.of("microsoft.MultiHeadAttention", MicrosoftCases::multiHead),
        OperatorCase.of("microsoft.Attention", MicrosoftCases::attention));
  }

  private static OneNodeModel of(String name) {
    return new OneNodeModel(name).domain("com.microsoft");
  }

  private static OneNodeModel withBias(Draw d, String name) {
    long[] shape = d.shape(3, 5);
    return of(name).input(d.floats(shape)).weight(d.floats(shape[2]));
  }

  private static OneNodeModel product(Draw d) {
    boolean a = d.coin();
    boolean b = d.coin();
    int m = d.between(1, 5);
    int k = d.between(1, 5);
    int n = d.between(1, 5);
    return of("FusedMatMul")
        .input(a ? d.floats(2, k, m) : d.floats(2, m, k))
        .input(b ? d.floats(2, n, k) : d.floats(2, k, n))
        .flag("transA", a)
        .flag("transB", b)
        .real("alpha", d.real(0.5, 2));
  }

  private static OneNodeModel skipLayerNorm(Draw d) {
    long[] shape = d.longs(3, 2, 6);
    return of("SkipLayerNormalization")
        .input(d.floats(shape))
        .input(d.floats(shape))
        .weight(d.floats(shape[2]))
        .weight(d.floats(shape[2]))
        .real("epsilon", 0.1f);
  }

  private static OneNodeModel quantizedAdd(Draw d) {
    long[] shape = d.shape(3, 5);
    OneNodeModel model = of("QLinearAdd");
    for (int i = 0; i < 2; i++) {
      model
          .input(d.integers(DType.U8, 0, 255, shape))
          .weight(d.reals(DType.F32, 0.05, 0.3))
          .weight(d.integers(DType.U8, 100, 150));
    }
    return model.weight(d.reals(DType.F32, 0.2, 0.5)).weight(d.integers(DType.U8, 100, 150));
  }

  private static OneNodeModel multiHead(Draw d) {
    int batch = d.between(1, 2);
    int heads = d.between(1, 2);
    int width = 4 * heads;
    int keys = d.between(1, 4);
    return of("MultiHeadAttention")
        .input(d.floats(batch, d.between(1, 4), width))
        .input(d.floats(batch, keys, width))
        .input(d.floats(batch, keys, width))
        .integer("num_heads", heads);
  }

  private static OneNodeModel attention(Draw d) {
    int heads = d.between(1, 2);
    int width = 4 * heads;
    int length = d.between(1, 4);
    int batch = d.between(1, 2);
    OneNodeModel model =
        of("Attention")
            .input(d.floats(batch, length, width))
            .weight(d.reals(DType.F32, -1, 1, width, 3 * width))
            .weight(d.floats(3 * width))
            .integer("num_heads", heads);
    return d.coin() ? model : model.flag("unidirectional", true);
  }
}
