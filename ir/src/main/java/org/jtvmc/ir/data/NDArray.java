package org.jtvmc.ir.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorFloat;
import org.jtvmc.ir.type.TensorType;

/**
 * The contents of a dense row-major tensor, little-endian, in memory of any origin: the heap, an
 * {@link Arena}, or a mapped file. Equal only to itself; not to be written to once shared.
 *
 * @param type static
 * @param data {@code type.bytes()} bytes
 */
public record NDArray(TensorType type, MemorySegment data) {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

  public NDArray {
    if (data.byteSize() != type.bytes()) {
      throw new IllegalArgumentException(
          "%s needs %d bytes, not %d".formatted(type, type.bytes(), data.byteSize()));
    }
  }

  /** Zeros, 64-byte aligned, in memory that lives as long as something refers to it. */
  public static NDArray allocate(TensorType type) {
    return new NDArray(type, Arena.ofAuto().allocate(type.bytes(), 64));
  }

  public static NDArray ofFloats(TensorType type, float... values) {
    NDArray array = allocate(type);
    for (int i = 0; i < values.length; i++) {
      array.setDouble(i, values[i]);
    }
    return array;
  }

  /** A one-dimensional {@code int64} array. */
  public static NDArray ofLongs(List<Long> values) {
    NDArray array = allocate(TensorType.of(DType.I64, values.size()));
    for (int i = 0; i < values.size(); i++) {
      array.setLong(i, values.get(i));
    }
    return array;
  }

  /** Texts, which live as long as the array does. */
  public static NDArray ofTexts(List<Long> sizes, List<String> texts) {
    TensorType type = TensorType.of(DType.STRING, sizes.stream().mapToLong(size -> size).toArray());
    List<byte[]> contents = texts.stream().map(text -> text.getBytes(UTF_8)).toList();
    long bytes = contents.stream().mapToLong(content -> content.length).sum();
    // One allocation: what refers to the entries keeps the bytes, too.
    MemorySegment memory = Arena.ofAuto().allocate(type.bytes() + bytes, 64);
    long next = type.bytes();
    for (int i = 0; i < contents.size(); i++) {
      byte[] content = contents.get(i);
      MemorySegment.copy(content, 0, memory, ValueLayout.JAVA_BYTE, next, content.length);
      memory.set(LONG, i * 16L, memory.address() + next);
      memory.set(LONG, i * 16L + 8, content.length);
      next += content.length;
    }
    return new NDArray(type, memory.asSlice(0, type.bytes()));
  }

  /** The text at a row-major position. */
  public String text(long index) {
    long length = data.get(LONG, index * 16 + 8);
    MemorySegment bytes = MemorySegment.ofAddress(data.get(LONG, index * 16)).reinterpret(length);
    String text = new String(bytes.toArray(ValueLayout.JAVA_BYTE), UTF_8);
    Reference.reachabilityFence(data);
    return text;
  }

  /** All texts. */
  public List<String> texts() {
    return LongStream.range(0, elements()).mapToObj(this::text).toList();
  }

  private static IllegalArgumentException noNumber() {
    return new IllegalArgumentException("a text is no number");
  }

  /** A tensor of rank 0. */
  public static NDArray scalar(DType dtype, double value) {
    NDArray array = allocate(TensorType.of(dtype));
    array.setDouble(0, value);
    return array;
  }

  public DType dtype() {
    return type.dtype();
  }

  public long elements() {
    return type.elements();
  }

  /** The element at a row-major position, converted to double; of narrow floats the bits. */
  public double getDouble(long index) {
    DType dtype = dtype();
    return switch (dtype.kind()) {
      case FLOAT ->
          switch (dtype.bits()) {
            case 64 -> data.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * 8);
            case 32 -> data.get(FLOAT, index * 4);
            default -> Float.float16ToFloat(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2));
          };
      case TFLOAT -> data.get(FLOAT, index * 4);
      case BFLOAT ->
          Float.intBitsToFloat(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2) << 16);
      case UINT -> {
        long bits = getLong(index);
        yield bits >= 0 ? bits : (bits >>> 1) * 2.0 + (bits & 1);
      }
      case INT,
          BOOL,
          FLOAT8_E4M3FN,
          FLOAT8_E4M3FNUZ,
          FLOAT8_E5M2,
          FLOAT8_E5M2FNUZ,
          FLOAT8_E8M0FNU,
          FLOAT4_E2M1FN ->
          getLong(index);
      case STRING -> throw noNumber();
    };
  }

  /** The element at a row-major position: integers exactly, floats rounded towards zero. */
  public long getLong(long index) {
    DType dtype = dtype();
    if (dtype.isFloat()) {
      return (long) getDouble(index);
    }
    boolean signed = dtype.kind() == DType.Kind.INT;
    return switch (dtype.bytes()) {
      case 8 -> data.get(LONG, index * 8);
      case 4 -> {
        int value = data.get(INT, index * 4);
        yield signed ? value : Integer.toUnsignedLong(value);
      }
      case 2 -> {
        short value = data.get(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2);
        yield signed ? value : Short.toUnsignedLong(value);
      }
      default -> {
        byte value = data.get(ValueLayout.JAVA_BYTE, index);
        yield signed ? value : Byte.toUnsignedLong(value);
      }
    };
  }

  /** Stores a value rounded to the element type (floats to nearest even, integers to zero). */
  public void setDouble(long index, double value) {
    DType dtype = dtype();
    switch (dtype.kind()) {
      case FLOAT -> {
        switch (dtype.bits()) {
          case 64 -> data.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * 8, value);
          case 32 -> data.set(FLOAT, index * 4, (float) value);
          default ->
              data.set(
                  ValueLayout.JAVA_SHORT_UNALIGNED, index * 2, Float.floatToFloat16((float) value));
        }
      }
      case TFLOAT -> data.set(FLOAT, index * 4, TensorFloat.round((float) value));
      case BFLOAT -> data.set(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2, bfloat16((float) value));
      case BOOL -> setLong(index, value != 0 ? 1 : 0);
      case INT,
          UINT,
          FLOAT8_E4M3FN,
          FLOAT8_E4M3FNUZ,
          FLOAT8_E5M2,
          FLOAT8_E5M2FNUZ,
          FLOAT8_E8M0FNU,
          FLOAT4_E2M1FN ->
          setLong(index, (long) value);
      case STRING -> throw noNumber();
    }
  }

  /** Stores the low bits of an integer; converts where the element type is floating point. */
  public void setLong(long index, long value) {
    if (dtype().isFloat()) {
      setDouble(index, (double) value);
      return;
    }
    switch (dtype().bytes()) {
      case 8 -> data.set(LONG, index * 8, value);
      case 4 -> data.set(INT, index * 4, (int) value);
      case 2 -> data.set(ValueLayout.JAVA_SHORT_UNALIGNED, index * 2, (short) value);
      default -> data.set(ValueLayout.JAVA_BYTE, index, (byte) value);
    }
  }

  /** The same bytes under another shape of as many elements. */
  public NDArray reshape(TensorType other) {
    return new NDArray(other, data);
  }

  /** The elements at the front, under a shape of so many. */
  public NDArray front(List<Long> sizes) {
    TensorType part = TensorType.of(dtype(), sizes.stream().mapToLong(size -> size).toArray());
    return new NDArray(part, data.asSlice(0, part.bytes()));
  }

  /** All elements as integers. */
  public List<Long> longs() {
    return LongStream.range(0, elements()).map(this::getLong).boxed().toList();
  }

  private static short bfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) ((bits >>> 16) | 0x40);
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }

  @Override
  public String toString() {
    return type.toString();
  }
}
