package org.jtvmc.tests.operators;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/** Functions of single elements, with broadcasting and every element type. */
final class ElementwiseCases {
  private static final DType[] NUMBERS = {DType.F32, DType.F64, DType.I32, DType.I64};
  private static final DType[] FLOATS = {DType.F32};

  private ElementwiseCases() {}

  static List<OperatorCase> all() {
    List<OperatorCase> cases = new ArrayList<>();
    for (String name :
        List.of(
            "Exp",
            "Tanh",
            "Sigmoid",
            "Erf",
            "Sin",
            "Cos",
            "Tan",
            "Atan",
            "Sinh",
            "Cosh",
            "Asinh",
            "Softplus",
            "Softsign",
            "HardSwish",
            "Mish",
            "Selu",
            "Floor",
            "Ceil",
            "Round")) {
      cases.add(unary(name, FLOATS, (d, type) -> d.array(type, shape(d))));
    }
    for (String name : List.of("Log", "Sqrt", "Acosh", "Reciprocal")) {
      cases.add(unary(name, FLOATS, (d, type) -> d.reals(type, 1, 9, shape(d))));
    }
    for (String name : List.of("Acos", "Asin", "Atanh")) {
      cases.add(unary(name, FLOATS, (d, type) -> d.reals(type, -0.95, 0.95, shape(d))));
    }
    for (String name : List.of("Abs", "Neg", "Sign")) {
      cases.add(unary(name, NUMBERS, (d, type) -> d.array(type, shape(d))));
    }
    cases.add(unary("Relu", new DType[] {DType.F32, DType.I32}, (d, t) -> d.array(t, shape(d))));
    cases.add(unary("Not", new DType[] {DType.BOOL}, (d, t) -> d.array(t, shape(d))));
    cases.add(unary("IsNaN", FLOATS, (d, t) -> d.sprinkle(d.array(t, shape(d)), Double.NaN)));
    cases.add(
        OperatorCase.of(
            "IsInf",
            d ->
                new OneNodeModel("IsInf")
                    .input(
                        d.sprinkle(
                            d.sprinkle(d.floats(shape(d)), Double.POSITIVE_INFINITY),
                            Double.NEGATIVE_INFINITY))
                    .flag("detect_negative", d.coin())
                    .flag("detect_positive", d.coin())));
    for (String name : List.of("Elu", "Celu", "LeakyRelu", "ThresholdedRelu")) {
      cases.add(
          OperatorCase.of(
              name,
              d -> new OneNodeModel(name).input(d.floats(shape(d))).real("alpha", d.real(0.1, 2))));
    }
    cases.add(
        OperatorCase.of(
            "HardSigmoid",
            d ->
                new OneNodeModel("HardSigmoid")
                    .input(d.floats(shape(d)))
                    .real("alpha", d.real(0.1, 1))
                    .real("beta", d.real(0, 1))));
    cases.add(
        OperatorCase.of(
            "Gelu",
            d ->
                new OneNodeModel("Gelu")
                    .opset(20)
                    .input(d.floats(shape(d)))
                    .text("approximate", d.choose("none", "tanh"))));
    for (String name : List.of("Add", "Sub", "Mul")) {
      cases.add(binary(name, NUMBERS, (_, type) -> type));
    }
    cases.add(
        OperatorCase.of("Div", d -> divisions(d, new OneNodeModel("Div"), d.choose(NUMBERS))));
    cases.add(
        OperatorCase.of(
            "Mod", d -> divisions(d, new OneNodeModel("Mod"), d.choose(DType.I32, DType.I64))));
    cases.add(
        OperatorCase.of(
            "Mod fmod",
            d -> divisions(d, new OneNodeModel("Mod").flag("fmod", true), d.choose(NUMBERS))));
    cases.add(
        OperatorCase.of(
            "Pow",
            d -> {
              long[] shape = shape(d);
              return new OneNodeModel("Pow")
                  .input(d.reals(d.choose(DType.F32, DType.F64), 0.1, 3, shape))
                  .input(d.array(d.choose(DType.F32, DType.I32, DType.I64), shape));
            }));
    cases.add(
        OperatorCase.of(
            "Pow of integers",
            d -> {
              long[] shape = shape(d);
              return new OneNodeModel("Pow")
                  .input(d.integers(d.choose(DType.I32, DType.I64), -5, 5, shape))
                  .input(d.integers(d.choose(DType.I32, DType.I64), 0, 4, shape));
            }));
    for (String name : List.of("Min", "Max")) {
      cases.add(binary(name, NUMBERS, (_, type) -> type));
    }
    for (String name : List.of("Sum", "Mean")) {
      cases.add(
          OperatorCase.of(
              name,
              d -> {
                long[] shape = shape(d);
                OneNodeModel model = new OneNodeModel(name).input(d.floats(shape));
                for (int more = d.between(0, 3); more > 0; more--) {
                  model.input(d.floats(d.broadcastable(shape)));
                }
                return model;
              }));
    }
    for (String name : List.of("Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal")) {
      cases.add(binary(name, NUMBERS, (_, type) -> type));
    }
    for (String name : List.of("And", "Or", "Xor")) {
      cases.add(binary(name, new DType[] {DType.BOOL}, (_, type) -> type));
    }
    for (String name : List.of("BitwiseAnd", "BitwiseOr", "BitwiseXor")) {
      cases.add(
          OperatorCase.of(
              name,
              d -> {
                long[] shape = shape(d);
                DType type = d.choose(DType.I32, DType.U8, DType.I8, DType.I64);
                return new OneNodeModel(name)
                    .opset(18)
                    .input(d.array(type, shape))
                    .input(d.array(type, shape));
              }));
    }
    cases.add(
        OperatorCase.of(
            "BitShift",
            d -> {
              long[] shape = shape(d);
              return new OneNodeModel("BitShift")
                  .input(d.integers(DType.U8, 0, 255, shape))
                  .input(d.integers(DType.U8, 0, 7, shape))
                  .text("direction", d.choose("LEFT", "RIGHT"));
            }));
    cases.add(
        OperatorCase.of(
            "Where",
            d -> {
              long[] shape = shape(d);
              DType type = d.choose(DType.F32, DType.I64, DType.U8);
              return new OneNodeModel("Where")
                  .input(d.array(DType.BOOL, d.broadcastable(shape)))
                  .input(d.array(type, shape))
                  .input(d.array(type, d.broadcastable(shape)));
            }));
    cases.add(
        OperatorCase.of(
            "PRelu",
            d -> {
              long[] shape = shape(d);
              return new OneNodeModel("PRelu")
                  .input(d.floats(shape))
                  .input(d.floats(d.broadcastable(shape)));
            }));
    cases.add(
        OperatorCase.of(
            "Clip",
            d -> {
              DType type = d.choose(DType.F32, DType.F64, DType.I32, DType.I64, DType.U8);
              OneNodeModel model = new OneNodeModel("Clip").input(d.array(type, shape(d)));
              model = d.coin() ? model.weight(d.integers(type, 0, 2)) : model.absent();
              return d.coin() ? model.weight(d.integers(type, 2, 4)) : model;
            }));
    cases.add(
        OperatorCase.of(
            "Cast",
            d -> {
              DType from =
                  d.choose(
                      DType.F32, DType.F64, DType.F16, DType.I32, DType.I64, DType.U8, DType.BOOL);
              DType to =
                  d.choose(
                      DType.F32, DType.F64, DType.F16, DType.I32, DType.I64, DType.I8, DType.BOOL);
              return new OneNodeModel("Cast")
                  .input(d.array(from, shape(d)))
                  .integer("to", OneNodeModel.type(to).getNumber());
            }));
    return cases;
  }

  private static long[] shape(Draw d) {
    return d.shape(d.between(0, 4), 5);
  }

  private static OperatorCase unary(
      String name, DType[] types, BiFunction<Draw, DType, NDArray> values) {
    return OperatorCase.of(
        name,
        d ->
            new OneNodeModel(name)
                .opset(name.equals("Mish") ? 18 : 17)
                .input(values.apply(d, d.choose(types))));
  }

  private static OperatorCase binary(
      String name, DType[] types, BiFunction<Draw, DType, DType> second) {
    return OperatorCase.of(
        name,
        d -> {
          DType type = d.choose(types);
          long[] shape = shape(d);
          NDArray whole = d.array(type, shape);
          NDArray part = d.array(second.apply(d, type), d.broadcastable(shape));
          OneNodeModel model = new OneNodeModel(name);
          return d.coin() ? model.input(whole).input(part) : model.input(part).input(whole);
        });
  }

  /** No divisor is 0, and for reals none is close to it. */
  private static OneNodeModel divisions(Draw d, OneNodeModel model, DType type) {
    long[] shape = shape(d);
    NDArray divisor = d.integers(type, 1, 4, d.broadcastable(shape));
    for (long i = 0; i < divisor.elements(); i++) {
      divisor.setDouble(i, divisor.getDouble(i) * (d.coin() ? -1 : 1));
    }
    return model.input(d.array(type, shape)).input(divisor);
  }
}
