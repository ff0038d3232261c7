package org.jtvmc.ir.type;

import java.util.Locale;

/**
 * The type of one element of a tensor, or of one scalar expression.
 *
 * <p>Values occupy {@link #bytes()} bytes in memory; a {@code bool} is one byte holding 0 or 1.
 *
 * @param kind how the bits are read
 * @param bits the number of bits of one value
 */
public record DType(Kind kind, int bits) {

  /** How the bits of a value are read. */
  public enum Kind {
    INT,
    UINT,
    FLOAT,
    BFLOAT,
    BOOL
  }

  public static final DType F64 = new DType(Kind.FLOAT, 64);
  public static final DType F32 = new DType(Kind.FLOAT, 32);
  public static final DType F16 = new DType(Kind.FLOAT, 16);
  public static final DType BF16 = new DType(Kind.BFLOAT, 16);
  public static final DType I64 = new DType(Kind.INT, 64);
  public static final DType I32 = new DType(Kind.INT, 32);
  public static final DType I16 = new DType(Kind.INT, 16);
  public static final DType I8 = new DType(Kind.INT, 8);
  public static final DType U64 = new DType(Kind.UINT, 64);
  public static final DType U32 = new DType(Kind.UINT, 32);
  public static final DType U16 = new DType(Kind.UINT, 16);
  public static final DType U8 = new DType(Kind.UINT, 8);
  public static final DType BOOL = new DType(Kind.BOOL, 1);

  /** True for floating-point kinds, bfloat16 among them. */
  public boolean isFloat() {
    return kind == Kind.FLOAT || kind == Kind.BFLOAT;
  }

  /** True for signed and unsigned integers; false for bool. */
  public boolean isInteger() {
    return kind == Kind.INT || kind == Kind.UINT;
  }

  public boolean isSigned() {
    return kind == Kind.INT || isFloat();
  }

  public boolean isBool() {
    return kind == Kind.BOOL;
  }

  /** The size of one value in memory, in bytes. */
  public int bytes() {
    return Math.max(1, (bits + 7) / 8);
  }

  /**
   * The inverse of {@link #toString()}.
   *
   * @throws IllegalArgumentException where the name is not a type's
   */
  public static DType parse(String name) {
    String text = name.toLowerCase(Locale.ROOT);
    return switch (text) {
      case "bool" -> BOOL;
      case "bfloat16" -> BF16;
      case "float16" -> F16;
      case "float32" -> F32;
      case "float64" -> F64;
      case "int8" -> I8;
      case "int16" -> I16;
      case "int32" -> I32;
      case "int64" -> I64;
      case "uint8" -> U8;
      case "uint16" -> U16;
      case "uint32" -> U32;
      case "uint64" -> U64;
      default -> throw new IllegalArgumentException("unknown element type '" + name + "'");
    };
  }

  /** The name used in every text form, such as {@code float32}. */
  @Override
  public String toString() {
    return switch (kind) {
      case BOOL -> "bool";
      case INT -> "int" + bits;
      case UINT -> "uint" + bits;
      case FLOAT -> "float" + bits;
      case BFLOAT -> "bfloat" + bits;
    };
  }
}
