package org.jtvmc.compiler.passes.rules;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * Products of quantized numbers multiply bytes, for which processors have instructions, and not the
 * 32-bit integers that they are less their zero points. What the zero point of the data adds is the
 * same for every row: its product with the sums of the weights.
 *
 * <pre>{@code
 * nn.dense(subtract(cast(%x, dtype=int32), %z), const["w", int32])
 *   =>   subtract(nn.dense(%x, const["w", int8], out_dtype=int32), multiply(const["sums"], %z))
 * }</pre>
 *
 * <p>The result is the same number, also where sums wrap around. A convolution's padding becomes
 * one of the image, by the zero point.
 */
public final class MultiplyBytes implements RewriteRule {
  private static final Set<String> CONVOLUTIONS = Set.of("nn.conv1d", "nn.conv2d", "nn.conv3d");

  private final OperatorRegistry operators;

  public MultiplyBytes(OperatorRegistry operators) {
    this.operators = operators;
  }

  /** The data as bytes, and what is subtracted from them. */
  private record Data(Expr bytes, Optional<Expr> zero) {}

  @Override
  public Optional<Expr> apply(Call call) {
    boolean convolution = CONVOLUTIONS.contains(((Operator) call.callee()).name());
    if ((!call.isCallOf("nn.dense") && !convolution)
        || !Operands.tensor(call).dtype().equals(DType.I32)
        || (convolution && !Operands.isChannelsFirst(call))
        || !(call.arguments().get(1) instanceof Constant(NDArray weight))) {
      return Optional.empty();
    }
    Optional<NDArray> bytes = bytes(weight);
    Optional<Data> data = data(call.arguments().getFirst());
    if (bytes.isEmpty() || data.isEmpty()) {
      return Optional.empty();
    }
    Expr image = data.get().bytes();
    Attributes attributes =
        Operands.with(call, "out_dtype", new AttributeValue.ElementType(DType.I32));
    if (convolution && data.get().zero().isPresent() && isPadded(call)) {
      if (!(data.get().zero().get() instanceof Constant(NDArray zero))) {
        return Optional.empty();
      }
      image = padded(image, call, zero.getDouble(0));
      attributes = without(attributes, "padding");
    }
    Expr product =
        Call.of(
            (Operator) call.callee(),
            List.of(image, new Constant(bytes.get())),
            attributes,
            call.label());
    return Optional.of(
        data.get().zero().map(zero -> less(product, call, weight, zero)).orElse(product));
  }

  private static Optional<Data> data(Expr expr) {
    Optional<Data> plain = widened(expr).map(bytes -> new Data(bytes, Optional.empty()));
    if (plain.isPresent()) {
      return plain;
    }
    return Operands.callOf("subtract", expr)
        .filter(difference -> difference.arguments().get(1).type() instanceof TensorType)
        .filter(difference -> isSingle(Operands.tensor(difference.arguments().get(1))))
        .flatMap(
            difference ->
                widened(difference.arguments().getFirst())
                    .filter(bytes -> sameShape(bytes, difference))
                    .map(bytes -> new Data(bytes, Optional.of(difference.arguments().get(1)))));
  }

  private static boolean isSingle(TensorType type) {
    return type.isStatic() && type.elements() == 1;
  }

  private static boolean sameShape(Expr a, Expr b) {
    return Operands.tensor(a).shape().equals(Operands.tensor(b).shape());
  }

  /** The bytes of which an expression is the same numbers in 32 bits. */
  private static Optional<Expr> widened(Expr expr) {
    return Operands.callOf("cast", expr)
        .filter(cast -> Operands.tensor(cast).dtype().equals(DType.I32))
        .map(cast -> cast.arguments().getFirst())
        .filter(
            from ->
                Operands.tensor(from).dtype().equals(DType.I8)
                    || Operands.tensor(from).dtype().equals(DType.U8));
  }

  /** The same numbers as bytes, signed ones where possible. */
  private static Optional<NDArray> bytes(NDArray weight) {
    long least = 0;
    long most = 0;
    for (long i = 0; i < weight.elements(); i++) {
      least = Math.min(least, weight.getLong(i));
      most = Math.max(most, weight.getLong(i));
    }
    boolean signed = least >= Byte.MIN_VALUE && most <= Byte.MAX_VALUE;
    if (!weight.dtype().equals(DType.I32) || (!signed && (least < 0 || most > 255))) {
      return Optional.empty();
    }
    NDArray bytes = NDArray.allocate(weight.type().withDType(signed ? DType.I8 : DType.U8));
    for (long i = 0; i < weight.elements(); i++) {
      bytes.setLong(i, weight.getLong(i));
    }
    return Optional.of(bytes);
  }

  /** {@code product} less the zero point times the sums of the weights of each result. */
  private Expr less(Expr product, Call call, NDArray weight, Expr zero) {
    TensorType type = weight.type();
    boolean dense = call.isCallOf("nn.dense");
    boolean rows = !dense || Operands.attributes(call).bool("transpose_weight");
    List<Long> sizes = type.sizes();
    long results = sizes.get(rows ? 0 : 1);
    long factors = results == 0 ? 0 : weight.elements() / results;
    long[] shape = new long[dense ? 1 : type.rank() - 1];
    Arrays.fill(shape, 1);
    shape[0] = results;
    NDArray sums = NDArray.allocate(TensorType.of(DType.I32, shape));
    for (long i = 0; i < results; i++) {
      long sum = 0;
      for (long k = 0; k < factors; k++) {
        sum += weight.getLong(rows ? i * factors + k : k * results + i);
      }
      sums.setLong(i, sum);
    }
    Expr single = call("reshape", newShape(), zero);
    Expr offset = call("multiply", Attributes.builder().build(), new Constant(sums), single);
    return call("subtract", Attributes.builder().build(), product, offset);
  }

  private static Attributes newShape() {
    return Attributes.builder().put("newshape", List.of(1L)).build();
  }

  private Expr call(String operator, Attributes attributes, Expr... arguments) {
    return Call.of(operators.get(operator), List.of(arguments), attributes, "");
  }

  private static List<Long> padding(Call convolution) {
    return Operands.attributes(convolution).integers("padding");
  }

  private static boolean isPadded(Call convolution) {
    return padding(convolution).stream().anyMatch(width -> width != 0);
  }

  private Expr padded(Expr image, Call convolution, double value) {
    int rank = Operands.tensor(image).rank();
    int spatial = rank - 2;
    List<Long> own = padding(convolution);
    List<Long> widths = new ArrayList<>(IntStream.range(0, 2 * rank).mapToObj(_ -> 0L).toList());
    for (int i = 0; i < spatial; i++) {
      widths.set(2 + i, own.get(i));
      widths.set(rank + 2 + i, own.get(own.size() == spatial ? i : spatial + i));
    }
    return call(
        "nn.pad",
        Attributes.builder().put("pad_width", widths).put("pad_value", value).build(),
        image);
  }

  private static Attributes without(Attributes attributes, String name) {
    Attributes.Builder others = Attributes.builder();
    attributes
        .values()
        .forEach(
            (key, value) -> {
              if (!key.equals(name)) {
                others.put(key, value);
              }
            });
    return others.build();
  }
}
