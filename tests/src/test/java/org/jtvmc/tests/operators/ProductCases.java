package org.jtvmc.tests.operators;

import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.type.DType;

/** Matrix products. */
final class ProductCases {

  private ProductCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("MatMul", ProductCases::matMul),
        OperatorCase.of("MatMul with a vector", ProductCases::vector),
        OperatorCase.of("Gemm", ProductCases::gemm),
        OperatorCase.of("Einsum", ProductCases::einsum),
        OperatorCase.of("MatMulInteger", ProductCases::integers));
  }

  private static OneNodeModel matMul(Draw d) {
    long[] batch = d.shape(d.between(0, 3), 3);
    long k = d.between(1, 6);
    DType type = d.choose(DType.F32, DType.F64, DType.I32, DType.I64);
    long[] a = matrix(d.coin() ? batch : d.broadcastable(batch), d.between(1, 5), k);
    long[] b = matrix(d.coin() ? batch : d.broadcastable(batch), k, d.between(1, 5));
    return new OneNodeModel("MatMul").input(d.array(type, a)).input(d.array(type, b));
  }

  private static long[] matrix(long[] batch, long rows, long columns) {
    return LongStream.concat(LongStream.of(batch), LongStream.of(rows, columns)).toArray();
  }

  private static OneNodeModel vector(Draw d) {
    long k = d.between(1, 6);
    long[] batch = d.shape(d.between(0, 2), 3);
    OneNodeModel model = new OneNodeModel("MatMul");
    return switch (d.between(0, 2)) {
      case 0 -> model.input(d.floats(k)).input(d.floats(k));
      case 1 -> model.input(d.floats(k)).input(d.floats(matrix(batch, k, 3)));
      default -> model.input(d.floats(matrix(batch, 3, k))).input(d.floats(k));
    };
  }

  private static OneNodeModel gemm(Draw d) {
    long m = d.between(1, 5);
    long n = d.between(1, 5);
    long k = d.between(1, 5);
    boolean transA = d.coin();
    boolean transB = d.coin();
    OneNodeModel model =
        new OneNodeModel("Gemm")
            .input(transA ? d.floats(k, m) : d.floats(m, k))
            .weight(transB ? d.floats(n, k) : d.floats(k, n))
            .flag("transA", transA)
            .flag("transB", transB)
            .real("alpha", d.choose(1f, 0.5f))
            .real("beta", d.choose(1f, 2f));
    return switch (d.between(0, 3)) {
      case 0 -> model;
      case 1 -> model.weight(d.floats(n));
      case 2 -> model.weight(d.floats(m, 1));
      default -> model.input(d.floats());
    };
  }

  private static OneNodeModel integers(Draw d) {
    long k = d.between(1, 6);
    OneNodeModel model =
        new OneNodeModel("MatMulInteger")
            .input(d.integers(DType.U8, 0, 255, 3, k))
            .weight(d.integers(DType.I8, -128, 127, k, 4));
    return d.coin()
        ? model.weight(d.integers(DType.U8, 0, 255)).weight(d.integers(DType.I8, -9, 9))
        : model;
  }

  private static OneNodeModel einsum(Draw d) {
    long b = d.between(1, 3);
    long i = d.between(1, 4);
    long j = d.between(1, 4);
    long k = d.between(1, 4);
    OneNodeModel model = new OneNodeModel("Einsum");
    return switch (d.between(0, 4)) {
      case 0 -> model.input(d.floats(i, j)).input(d.floats(j, k)).text("equation", "ij,jk->ik");
      case 1 ->
          model.input(d.floats(b, i, j)).input(d.floats(b, k, j)).text("equation", "bij,bkj->bik");
      case 2 -> model.input(d.floats(i, j)).text("equation", "ij->ji");
      case 3 -> model.input(d.floats(b, i, j)).text("equation", "bij->bj");
      default -> model.input(d.floats(i)).input(d.floats(j)).text("equation", "i,j->ij");
    };
  }
}
