package org.jtvmc.ir.op.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongFunction;
import java.util.function.LongToDoubleFunction;
import java.util.stream.Stream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * Operators that make a text, or something of a text, for every element on its own.
 *
 * <ul>
 *   <li>{@code host.text_literal(blob)}: the texts of a {@link TextBlob}, a vector
 *   <li>{@code host.text_take(texts, positions)}: a text for every position, counted row-major
 *   <li>{@code host.text_concat(a, b)}: each text of a with that of b behind it
 *   <li>{@code host.text_equal(a, b)}: whether they are the same bytes
 *   <li>{@code host.text_find(texts, blob)}: which of the blob's texts each is, -1 where it is none
 *   <li>{@code host.text_join(a, b)}: a vector of the texts of a and then of b
 *   <li>{@code host.text_format(numbers)}: {@code float32} or {@code int64} in decimal, floats with
 *       as many of up to 8 digits as tell them apart
 *   <li>{@code host.text_parse(texts)}: the numbers that they are, {@code float64}
 * </ul>
 */
public final class TextOperators extends HostKernel {

  /** What an operator gives for one element. */
  private enum Kind {
    LITERAL,
    TAKE,
    CONCAT,
    EQUAL,
    FIND,
    JOIN,
    FORMAT,
    PARSE
  }

  private final Kind kind;

  private TextOperators(Kind kind, List<String> parameters) {
    super("text_" + kind.name().toLowerCase(Locale.ROOT), parameters, attributesOf(kind));
    this.kind = kind;
  }

  private static List<AttributeSpec> attributesOf(Kind kind) {
    return kind == Kind.LITERAL
        ? List.of(new AttributeSpec("count", new AttributeValue.Int(0), "how many texts"))
        : List.of();
  }

  /** All of them. */
  public static List<Operator> all() {
    return List.of(
        new TextOperators(Kind.LITERAL, List.of("blob")),
        new TextOperators(Kind.TAKE, List.of("texts", "positions")),
        new TextOperators(Kind.CONCAT, List.of("left", "right")),
        new TextOperators(Kind.EQUAL, List.of("left", "right")),
        new TextOperators(Kind.FIND, List.of("texts", "blob")),
        new TextOperators(Kind.JOIN, List.of("left", "right")),
        new TextOperators(Kind.FORMAT, List.of("numbers")),
        new TextOperators(Kind.PARSE, List.of("texts")));
  }

  @Override
  public boolean makesTexts() {
    return kind == Kind.CONCAT || kind == Kind.FORMAT;
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType first = arguments.getFirst();
    TensorType last = arguments.getLast();
    boolean takesTexts = kind != Kind.LITERAL && kind != Kind.FORMAT;
    if (takesTexts != first.dtype().isString()) {
      throw new TypeException("is not defined for " + first.dtype());
    }
    return switch (kind) {
      case LITERAL -> TensorType.of(DType.STRING, attributes.integer("count"));
      case TAKE -> {
        require(last.dtype().equals(DType.I64), "positions", last);
        yield last.withDType(DType.STRING);
      }
      case CONCAT, EQUAL -> {
        require(fits(first, last), "right", last);
        yield kind == Kind.CONCAT ? first : first.withDType(DType.BOOL);
      }
      case FIND -> first.withDType(DType.I64);
      case JOIN -> {
        require(last.dtype().isString(), "right", last);
        Dim count = Shapes.product(first.shape()).plus(Shapes.product(last.shape()));
        yield first.withShape(List.of(count));
      }
      case FORMAT -> {
        boolean isNumber = first.dtype().equals(DType.F32) || first.dtype().equals(DType.I64);
        require(isNumber, "numbers", first);
        yield first.withDType(DType.STRING);
      }
      case PARSE -> first.withDType(DType.F64);
    };
  }

  private static boolean fits(TensorType first, TensorType last) {
    boolean fits = last.dtype().equals(first.dtype()) && last.rank() == first.rank();
    for (int axis = 0; fits && axis < first.rank(); axis++) {
      fits = !Shapes.conflict(first.dim(axis), last.dim(axis));
    }
    return fits;
  }

  private static void require(boolean fits, String what, TensorType type) {
    if (!fits) {
      throw new TypeException("does not take %s as %s".formatted(type, what));
    }
  }

  @Override
  List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result) {
    return List.of(
        Shapes.product(((TensorType) result).shape()),
        Shapes.product(inputs.getFirst().shape()),
        flag(inputs.getFirst().dtype().isFloat()));
  }

  @Override
  List<NDArray> results(List<NDArray> inputs, Attributes attributes, Type result) {
    NDArray first = inputs.getFirst();
    NDArray last = inputs.getLast();
    TensorType type = (TensorType) result;
    return List.of(
        switch (kind) {
          case LITERAL -> NDArray.ofTexts(type.sizes(), TextBlob.read(first));
          case TAKE -> texts(type, i -> first.text(position(last.getLong(i), first.elements())));
          case CONCAT -> texts(type, i -> first.text(i) + last.text(i));
          case FORMAT -> texts(type, i -> format(first, i));
          case EQUAL -> numbers(type, i -> first.text(i).equals(last.text(i)) ? 1.0 : 0.0);
          case FIND -> {
            List<String> keys = TextBlob.read(last);
            yield numbers(type, i -> keys.indexOf(first.text(i)));
          }
          case JOIN ->
              NDArray.ofTexts(
                  type.sizes(),
                  Stream.concat(first.texts().stream(), last.texts().stream()).toList());
          case PARSE -> numbers(type, i -> parse(first.text(i)));
        });
  }

  private static long position(long at, long count) {
    if (at < 0 || at >= count) {
      throw new IndexOutOfBoundsException("there is no text %d of %d".formatted(at, count));
    }
    return at;
  }

  private static NDArray texts(TensorType type, LongFunction<String> of) {
    List<String> texts = new ArrayList<>();
    for (long i = 0; i < type.elements(); i++) {
      texts.add(of.apply(i));
    }
    return NDArray.ofTexts(type.sizes(), texts);
  }

  private static NDArray numbers(TensorType type, LongToDoubleFunction of) {
    NDArray numbers = NDArray.allocate(type);
    for (long i = 0; i < type.elements(); i++) {
      numbers.setDouble(i, of.applyAsDouble(i));
    }
    return numbers;
  }

  /** C's {@code %.8g}, or fewer digits where they give the same float. */
  private static String format(NDArray numbers, long i) {
    if (!numbers.dtype().isFloat()) {
      return Long.toString(numbers.getLong(i));
    }
    float value = (float) numbers.getDouble(i);
    if (Float.isNaN(value) || Float.isInfinite(value)) {
      return Float.isNaN(value) ? "NaN" : value > 0 ? "INF" : "-INF";
    }
    for (int digits = 1; ; digits++) {
      String text = general(value, digits);
      if (digits == 8 || Float.parseFloat(text) == value) {
        return text;
      }
    }
  }

  /** C's {@code %g} with so many digits. */
  private static String general(float value, int digits) {
    if (value == 0) {
      return Float.floatToRawIntBits(value) < 0 ? "-0" : "0";
    }
    String scientific = ("%." + (digits - 1) + "e").formatted((double) value);
    int exponent = Integer.parseInt(scientific.substring(scientific.indexOf('e') + 1));
    if (exponent < -4 || exponent >= digits) {
      String mantissa = withoutZeros(scientific.substring(0, scientific.indexOf('e')));
      return mantissa + scientific.substring(scientific.indexOf('e'));
    }
    return withoutZeros(("%." + (digits - 1 - exponent) + "f").formatted((double) value));
  }

  private static String withoutZeros(String text) {
    return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
  }

  private static double parse(String text) {
    String plain = text.strip().toUpperCase(Locale.ROOT);
    String unsigned = plain.startsWith("+") || plain.startsWith("-") ? plain.substring(1) : plain;
    double value =
        switch (unsigned) {
          case "INF", "INFINITY" -> Double.POSITIVE_INFINITY;
          case "NAN" -> Double.NaN;
          default -> Double.parseDouble(unsigned);
        };
    return plain.startsWith("-") ? -value : value;
  }
}
