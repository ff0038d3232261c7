package org.jtvmc.compiler.passes;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TypeException;

/** Random graphs of a few operators of every fusion kind, whose values stay near one. */
final class RandomGraphs {
  private final Random random;
  private final List<Var> inputs = new ArrayList<>();
  private final List<Expr> values = new ArrayList<>();

  RandomGraphs(long seed) {
    this.random = new Random(seed);
  }

  /** A module of about that many calls, with up to three outputs. */
  IRModule next(int calls) {
    for (int i = 0; i < 2; i++) {
      inputs.add(new Var("x" + i, TensorType.of(DType.F32, 2, 3, 4)));
    }
    values.addAll(inputs);
    for (int i = 0; i < calls; i++) {
      // What does not fit by chance is left out.
      attempt().ifPresent(values::add);
    }
    List<Expr> outputs = new ArrayList<>(List.of(values.getLast()));
    for (int i = random.nextInt(3); i > 0; i--) {
      outputs.add(any());
    }
    List<String> names = new ArrayList<>();
    outputs.forEach(_ -> names.add("y" + names.size()));
    Expr body = outputs.size() == 1 ? outputs.getFirst() : Tuple.of(outputs);
    return IRModule.of(new Function(inputs, body), names);
  }

  private Optional<Expr> attempt() {
    try {
      Expr expr = call();
      boolean small = expr.type() instanceof TensorType type && type.elements() <= 500;
      return small ? Optional.of(expr) : Optional.empty();
    } catch (TypeException e) {
      return Optional.empty();
    }
  }

  private Expr call() {
    Expr x = any();
    TensorType type = (TensorType) x.type();
    return switch (random.nextInt(15)) {
      case 0 -> of("nn.relu", x);
      case 1 -> of("tanh", x);
      case 2 -> of("sigmoid", x);
      case 3 -> of("add", x, any());
      case 4 -> of("multiply", x, any());
      case 5 -> of(pick("add", "multiply", "divide"), x, scalar());
      case 6 -> of("transpose", Attributes.builder().put("axes", permutation(type)).build(), x);
      case 7 -> of("reshape", Attributes.builder().put("newshape", shape(type)).build(), x);
      case 8 -> of("nn.softmax", x);
      case 9 ->
          of(
              pick("sum", "mean", "max"),
              Attributes.builder().put("axes", List.of(-1L)).put("keepdims", true).build(),
              x);
      case 10 -> of("tanh", of("nn.matmul", x, any()));
      case 11 -> of("tanh", of("nn.dense", x, weight(type)));
      case 12 ->
          Call.of(
              PassTester.OPERATORS.get("concatenate"),
              List.of(Tuple.of(List.of(x, any()))),
              Attributes.builder().put("axis", -1).build());
      case 13 ->
          TupleGetItem.of(
              of(
                  "split",
                  Attributes.builder().put("indices", List.of(1L)).put("axis", -1).build(),
                  x),
              random.nextInt(2));
      default -> of("power", x, new Constant(NDArray.scalar(DType.F32, 2)));
    };
  }

  private static Expr of(String operator, Expr... arguments) {
    return of(operator, Attributes.NONE, arguments);
  }

  private static Expr of(String operator, Attributes attributes, Expr... arguments) {
    return Call.of(PassTester.OPERATORS.get(operator), List.of(arguments), attributes);
  }

  /** Late values more often, so that chains grow. */
  private Expr any() {
    int late = Math.min(values.size(), 4);
    return random.nextBoolean()
        ? values.get(values.size() - 1 - random.nextInt(late))
        : values.get(random.nextInt(values.size()));
  }

  private String pick(String... names) {
    return names[random.nextInt(names.length)];
  }

  private Constant scalar() {
    double[] values = {0, 1, 0.5, 2, 4, -1, 3};
    double value = values[random.nextInt(values.length)];
    return new Constant(NDArray.scalar(DType.F32, value == 0 ? 1 : value));
  }

  private Constant weight(TensorType data) {
    TensorType type = TensorType.of(DType.F32, 5, data.shape().getLast().value());
    return new Constant(PassTester.random(type, random));
  }

  private List<Long> permutation(TensorType type) {
    List<Long> axes = new ArrayList<>(LongStream.range(0, type.rank()).boxed().toList());
    Collections.shuffle(axes, random);
    return axes;
  }

  private List<Long> shape(TensorType type) {
    List<Long> sizes = new ArrayList<>(type.sizes());
    return switch (random.nextInt(3)) {
      case 0 -> List.of(type.elements());
      case 1 -> {
        sizes.add(random.nextInt(sizes.size() + 1), 1L);
        yield sizes;
      }
      default -> sizes.reversed();
    };
  }
}
