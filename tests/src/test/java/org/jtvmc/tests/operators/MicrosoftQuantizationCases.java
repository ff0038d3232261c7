package org.jtvmc.tests.operators;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/** Quantised operators of ONNX Runtime's own set. */
final class MicrosoftQuantizationCases {

  private MicrosoftQuantizationCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("microsoft.QuantizeLinear", MicrosoftQuantizationCases::quantize),
        OperatorCase.of("microsoft.DequantizeLinear", MicrosoftQuantizationCases::dequantize),
        OperatorCase.of("microsoft.QGemm", MicrosoftQuantizationCases::gemm),
        OperatorCase.of(
            "microsoft.MatMulIntegerToFloat", MicrosoftQuantizationCases::productToReals),
        OperatorCase.of(
            "microsoft.DynamicQuantizeMatMul", MicrosoftQuantizationCases::dynamicProduct),
        OperatorCase.of("microsoft.QLinearAdd", MicrosoftQuantizationCases::add),
        OperatorCase.of("microsoft.QLinearSoftmax", MicrosoftQuantizationCases::softmax),
        OperatorCase.of("microsoft.QLinearWhere", MicrosoftQuantizationCases::where));
  }

  private static OneNodeModel of(String name) {
    return new OneNodeModel(name).domain("com.microsoft");
  }

  private static NDArray bytes(Draw d, DType type, long... shape) {
    return d.integers(type, type.isSigned() ? -128 : 0, type.isSigned() ? 127 : 255, shape);
  }

  private static OneNodeModel quantize(Draw d) {
    return of("QuantizeLinear")
        .input(d.reals(DType.F32, -20, 20, d.shape(3, 4)))
        .weight(d.reals(DType.F32, 0.05, 0.3))
        .weight(d.integers(d.choose(DType.U8, DType.I8, DType.U16, DType.I16), 0, 100));
  }

  private static OneNodeModel dequantize(Draw d) {
    DType type = d.choose(DType.U8, DType.I8, DType.I32);
    return of("DequantizeLinear")
        .input(d.integers(type, 0, 127, d.shape(3, 4)))
        .weight(d.reals(DType.F32, 0.05, 0.3))
        .weight(d.integers(type, 0, type.equals(DType.I32) ? 0 : 100));
  }

  private static OneNodeModel gemm(Draw d) {
    long m = d.between(1, 5);
    long k = d.between(1, 40);
    long n = d.between(1, 9);
    DType left = d.choose(DType.U8, DType.I8);
    DType right = left.isSigned() ? left : d.choose(DType.U8, DType.I8);
    boolean isTransposed = d.coin();
    long[] columns = d.coin() ? new long[] {n} : d.coin() ? new long[] {1} : new long[0];
    OneNodeModel model =
        of("QGemm")
            .input(bytes(d, left, m, k))
            .weight(d.reals(DType.F32, 0.01, 0.1))
            .weight(d.integers(left, 0, 20))
            .weight(isTransposed ? bytes(d, right, n, k) : bytes(d, right, k, n))
            .weight(d.reals(DType.F32, 0.01, 0.1, columns))
            .weight(d.integers(right, 0, 9, columns))
            .flag("transB", isTransposed)
            .real("alpha", d.choose(1f, 0.5f));
    model = d.coin() ? model.weight(d.integers(DType.I32, -3000, 3000, n)) : model.absent();
    return d.coin()
        ? model.weight(d.reals(DType.F32, 0.5, 3)).weight(d.integers(left, 0, 100))
        : model;
  }

  private static OneNodeModel productToReals(Draw d) {
    long k = d.between(1, 40);
    long n = d.between(1, 9);
    DType left = d.choose(DType.U8, DType.I8);
    DType right = left.isSigned() ? left : d.choose(DType.U8, DType.I8);
    long[] columns = d.coin() ? new long[] {n} : new long[0];
    OneNodeModel model =
        of("MatMulIntegerToFloat")
            .input(bytes(d, left, d.between(1, 3), d.between(1, 4), k))
            .weight(bytes(d, right, k, n))
            .weight(d.reals(DType.F32, 0.01, 0.02))
            .weight(d.reals(DType.F32, 0.01, 0.02, columns));
    model = d.coin() ? model.weight(d.integers(left, 0, 20)) : model.absent();
    model = d.coin() ? model.weight(d.integers(right, 0, 9, columns)) : model.absent();
    return d.coin() ? model.weight(d.floats(n)) : model;
  }

  private static OneNodeModel dynamicProduct(Draw d) {
    long k = d.between(1, 40);
    long n = d.between(1, 9);
    DType right = d.choose(DType.U8, DType.I8);
    long[] columns = d.coin() ? new long[] {n} : new long[0];
    OneNodeModel model =
        of("DynamicQuantizeMatMul")
            .input(d.floats(d.between(1, 3), d.between(1, 4), k))
            .weight(bytes(d, right, k, n))
            .weight(d.reals(DType.F32, 0.01, 0.02, columns));
    model = d.coin() ? model.weight(d.integers(right, 0, 9, columns)) : model.absent();
    return d.coin() ? model.weight(d.floats(n)) : model;
  }

  private static OneNodeModel add(Draw d) {
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

  private static OneNodeModel softmax(Draw d) {
    int rank = d.between(2, 3);
    DType type = d.choose(DType.U8, DType.I8);
    return of("QLinearSoftmax")
        .input(bytes(d, type, d.longs(rank, 2, 6)))
        .weight(d.reals(DType.F32, 0.01, 0.05))
        .weight(d.integers(type, 0, 20))
        .weight(d.reals(DType.F32, 1 / 256.0, 1 / 256.0))
        .weight(d.integers(type, type.isSigned() ? -128 : 0, type.isSigned() ? -128 : 0))
        .integer("axis", d.axis(rank))
        .integer("opset", d.choose(11, 13));
  }

  private static OneNodeModel where(Draw d) {
    long[] shape = d.shape(3, 5);
    OneNodeModel model = of("QLinearWhere").input(d.integers(DType.BOOL, 0, 1, shape));
    for (int i = 0; i < 2; i++) {
      model
          .input(d.integers(DType.U8, 0, 255, d.broadcastable(shape)))
          .weight(d.reals(DType.F32, 0.05, 0.3))
          .weight(d.integers(DType.U8, 100, 150));
    }
    return model.weight(d.reals(DType.F32, 0.2, 0.5)).weight(d.integers(DType.U8, 100, 150));
  }
}
