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
        OperatorCase.of("microsoft.FusedConv", MicrosoftCases::convolution),
        OperatorCase.of("microsoft.FusedGemm", MicrosoftCases::gemm),
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

  private static OneNodeModel convolution(Draw d) {
    long channels = d.between(1, 5);
    OneNodeModel model =
        of("FusedConv")
            .input(d.floats(1, 2, 5, 6))
            .weight(d.floats(channels, 2, 3, 3))
            .weight(d.floats(channels))
            .integers("pads", 1, 1, 1, 1);
    model = d.coin() ? model.input(d.floats(1, channels, 5, 6)) : model;
    return switch (d.between(0, 3)) {
      case 0 -> model.text("activation", "Relu");
      case 1 -> model.text("activation", "LeakyRelu").reals("activation_params", List.of(0.2f));
      case 2 -> model.text("activation", "Clip").reals("activation_params", List.of(-1f, 2f));
      default ->
          model.text("activation", "HardSigmoid").reals("activation_params", List.of(0.3f, 0.4f));
    };
  }

  private static OneNodeModel gemm(Draw d) {
    boolean isTransposed = d.coin();
    int k = d.between(1, 5);
    int n = d.between(1, 5);
    OneNodeModel model =
        of("FusedGemm")
            .input(d.floats(d.between(1, 5), k))
            .weight(isTransposed ? d.floats(n, k) : d.floats(k, n))
            .weight(d.floats(n))
            .flag("transB", isTransposed)
            .real("alpha", d.real(0.5, 2))
            .real("beta", d.real(0.5, 2));
    return d.coin()
        ? model.text("activation", d.choose("Relu", "Tanh", "Sigmoid"))
        : model.text("activation", "LeakyRelu").real("activation_alpha", 0.2f);
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
