package org.jtvmc.ir.text;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Small constants, written where they are used: {@code const(0.5, float32)}. */
final class Literals {

  /** The longest list that is written in the text. */
  private static final int LONGEST = 16;

  private Literals() {}

  /**
   * The literal, where the constant is a scalar or a short list and its text parses back to the
   * same bits.
   */
  static Optional<String> print(NDArray array) {
    int rank = array.type().rank();
    if (rank > 1 || array.elements() > LONGEST || array.elements() == 0) {
      return Optional.empty();
    }
    List<String> elements =
        LongStream.range(0, array.elements()).mapToObj(i -> element(array, i)).toList();
    if (!parse(array.type(), elements)
        .map(parsed -> parsed.data().mismatch(array.data()) == -1)
        .orElse(false)) {
      return Optional.empty();
    }
    String value =
        rank == 0
            ? elements.getFirst()
            : elements.stream().collect(Collectors.joining(", ", "[", "]"));
    return Optional.of("const(" + value + ", " + array.dtype() + ")");
  }

  private static IllegalArgumentException noLiteral() {
    return new IllegalArgumentException("a text is no literal; host.text_literal makes it");
  }

  private static String element(NDArray array, long index) {
    DType dtype = array.dtype();
    return switch (dtype.kind()) {
      case BOOL -> Boolean.toString(array.getLong(index) != 0);
      case INT -> Long.toString(array.getLong(index));
      case UINT,
          FLOAT8_E4M3FN,
          FLOAT8_E4M3FNUZ,
          FLOAT8_E5M2,
          FLOAT8_E5M2FNUZ,
          FLOAT8_E8M0FNU,
          FLOAT4_E2M1FN ->
          Long.toUnsignedString(array.getLong(index));
      case FLOAT, BFLOAT, TFLOAT -> {
        double value = array.getDouble(index);
        yield dtype.bits() == 64 ? Double.toString(value) : Float.toString((float) value);
      }
      case STRING -> throw noLiteral();
    };
  }

  /** The constant with those elements; empty where one is no value of the type. */
  static Optional<NDArray> parse(TensorType type, List<String> elements) {
    NDArray array = NDArray.allocate(type);
    for (int i = 0; i < elements.size(); i++) {
      if (!store(array, i, elements.get(i))) {
        return Optional.empty();
      }
    }
    return Optional.of(array);
  }

  private static boolean store(NDArray array, int index, String element) {
    DType dtype = array.dtype();
    try {
      switch (dtype.kind()) {
        case BOOL -> {
          array.setLong(index, element.equals("true") ? 1 : 0);
          return element.equals("true") || element.equals("false");
        }
        case INT -> array.setLong(index, Long.parseLong(element));
        case UINT,
            FLOAT8_E4M3FN,
            FLOAT8_E4M3FNUZ,
            FLOAT8_E5M2,
            FLOAT8_E5M2FNUZ,
            FLOAT8_E8M0FNU,
            FLOAT4_E2M1FN ->
            array.setLong(index, Long.parseUnsignedLong(element));
        case STRING -> throw noLiteral();
        case FLOAT, BFLOAT, TFLOAT ->
            // Through the element's own width: rounding twice can miss the nearest value.
            array.setDouble(
                index,
                dtype.bits() == 64 ? Double.parseDouble(element) : Float.parseFloat(element));
      }
    } catch (NumberFormatException e) {
      return false;
    }
    return dtype.isFloat() || element.equals(element(array, index));
  }
}
