package org.jtvmc.tests.operators;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/** Reductions and scans. */
final class ReductionCases {

  private ReductionCases() {}

  static List<OperatorCase> all() {
    List<OperatorCase> cases = new ArrayList<>();
    for (String name :
        List.of(
            "ReduceMean",
            "ReduceMax",
            "ReduceMin",
            "ReduceProd",
            "ReduceL1",
            "ReduceL2",
            "ReduceSumSquare",
            "ReduceLogSumExp")) {
      DType[] types =
          name.equals("ReduceLogSumExp") || name.equals("ReduceL2")
              ? new DType[] {DType.F32, DType.F64}
              : new DType[] {DType.F32, DType.I32};
      cases.add(OperatorCase.of(name, d -> reduce(d, name, d.array(d.choose(types), shape(d)))));
    }
    cases.add(
        OperatorCase.of(
            "ReduceLogSum", d -> reduce(d, "ReduceLogSum", d.reals(DType.F32, 0.1, 3, shape(d)))));
    cases.add(OperatorCase.of("ReduceSum", ReductionCases::sum));
    for (String name : List.of("ArgMax", "ArgMin")) {
      cases.add(
          OperatorCase.of(
              name,
              d -> {
                NDArray data = d.integers(d.choose(DType.F32, DType.I32), 0, 3, shape(d));
                return new OneNodeModel(name)
                    .input(data)
                    .integer("axis", d.axis(data.type().rank()))
                    .flag("keepdims", d.coin())
                    .flag("select_last_index", d.coin());
              }));
    }
    cases.add(
        OperatorCase.of(
            "CumSum",
            d -> {
              NDArray data =
                  d.array(d.choose(DType.F32, DType.I32, DType.I64), d.shape(d.between(1, 3), 12));
              NDArray axis = NDArray.scalar(DType.I64, d.axis(data.type().rank()));
              return new OneNodeModel("CumSum")
                  .input(data)
                  .weight(axis)
                  .flag("exclusive", d.coin())
                  .flag("reverse", d.coin());
            }));
    return cases;
  }

  private static long[] shape(Draw d) {
    return d.shape(d.between(1, 4), 5);
  }

  private static OneNodeModel reduce(Draw d, String name, NDArray data) {
    OneNodeModel model = new OneNodeModel(name).input(data).flag("keepdims", d.coin());
    long[] axes = d.axes(data.type().rank(), 0);
    return axes.length == 0 ? model : model.integers("axes", axes);
  }

  private static OneNodeModel sum(Draw d) {
    NDArray data = d.array(d.choose(DType.F32, DType.I32, DType.I64), shape(d));
    OneNodeModel model =
        new OneNodeModel("ReduceSum")
            .input(data)
            .flag("keepdims", d.coin())
            .flag("noop_with_empty_axes", d.coin());
    long[] axes = d.axes(data.type().rank(), 0);
    return axes.length == 0 ? model : model.weight(axes);
  }
}
