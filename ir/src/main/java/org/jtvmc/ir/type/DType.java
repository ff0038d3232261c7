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
    /** A float with 8 bits of exponent and 10 of mantissa, in the upper bits of 32. */
    TFLOAT,
    BOOL,
    /** As the formats below: no arithmetic, only conversions. A value is a byte in memory. */
    FLOAT8_E4M3FN,
    FLOAT8_E4M3FNUZ,
    FLOAT8_E5M2,
    FLOAT8_E5M2FNUZ,
    FLOAT8_E8M0FNU,
    FLOAT4_E2M1FN,
    /** Text: in memory the address of its UTF-8 bytes and how many there are, 8 bytes each. */
    STRING
  }

  public static final DType F64 = new DType(Kind.FLOAT, 64);
  public static final DType F32 = new DType(Kind.FLOAT, 32);
  public static final DType F16 = new DType(Kind.FLOAT, 16);
  public static final DType BF16 = new DType(Kind.BFLOAT, 16);

  /** What tensor cores multiply in the place of float32: float32 rounded to 11 significant bits. */
  public static final DType TF32 = new DType(Kind.TFLOAT, 32);

  public static final DType I64 = new DType(Kind.INT, 64);
  public static final DType I32 = new DType(Kind.INT, 32);
  public static final DType I16 = new DType(Kind.INT, 16);
  public static final DType I8 = new DType(Kind.INT, 8);
  public static final DType U64 = new DType(Kind.UINT, 64);
  public static final DType U32 = new DType(Kind.UINT, 32);
  public static final DType U16 = new DType(Kind.UINT, 16);
  public static final DType U8 = new DType(Kind.UINT, 8);
  public static final DType BOOL = new DType(Kind.BOOL, 1);
  public static final DType I4 = new DType(Kind.INT, 4);
  public static final DType I2 = new DType(Kind.INT, 2);
  public static final DType U4 = new DType(Kind.UINT, 4);
  public static final DType U2 = new DType(Kind.UINT, 2);

  /** 4 bits of exponent, 3 of mantissa; no infinities ("Fp8 Formats for Deep Learning", 2022). */
  public static final DType F8_E4M3FN = new DType(Kind.FLOAT8_E4M3FN, 8);

  /** As {@link #F8_E4M3FN} with a bias of 8, no negative zero, and one NaN. */
  public static final DType F8_E4M3FNUZ = new DType(Kind.FLOAT8_E4M3FNUZ, 8);

  /** 5 bits of exponent, 2 of mantissa; the upper half of a float16. */
  public static final DType F8_E5M2 = new DType(Kind.FLOAT8_E5M2, 8);

  /** As {@link #F8_E5M2} with a bias of 16, no infinities, no negative zero, and one NaN. */
  public static final DType F8_E5M2FNUZ = new DType(Kind.FLOAT8_E5M2FNUZ, 8);

  /** A power of two: 8 bits of exponent (OCP Microscaling formats). */
  public static final DType F8_E8M0FNU = new DType(Kind.FLOAT8_E8M0FNU, 8);

  /** 2 bits of exponent, 1 of mantissa; neither NaN nor infinities (OCP Microscaling formats). */
  public static final DType F4_E2M1FN = new DType(Kind.FLOAT4_E2M1FN, 4);

  /** Text, which only the operators for it take. */
  public static final DType STRING = new DType(Kind.STRING, 128);

  /** True for floating-point kinds, bfloat16 and tfloat32 among them. */
  public boolean isFloat() {
    return kind == Kind.FLOAT || kind == Kind.BFLOAT || kind == Kind.TFLOAT;
  }

  /** True for signed and unsigned integers of 8 bits and more; false for bool. */
  public boolean isInteger() {
    return (kind == Kind.INT || kind == Kind.UINT) && bits >= 8;
  }

  /**
   * True for types that are only stored and converted: floats of 8 bits and fewer, integers of 4
   * and 2 bits. One value takes a byte in memory; an integer is extended to it by its sign.
   */
  public boolean isNarrow() {
    return switch (kind) {
      case INT, UINT -> bits < 8;
      case FLOAT, BFLOAT, TFLOAT, BOOL, STRING -> false;
      case FLOAT8_E4M3FN,
          FLOAT8_E4M3FNUZ,
          FLOAT8_E5M2,
          FLOAT8_E5M2FNUZ,
          FLOAT8_E8M0FNU,
          FLOAT4_E2M1FN ->
          true;
    };
  }

  /** The integer type that holds a value's bits in memory. */
  public DType carrier() {
    return new DType(kind == Kind.INT ? Kind.INT : Kind.UINT, 8 * bytes());
  }

  public boolean isSigned() {
    return kind == Kind.INT || isFloat();
  }

  public boolean isBool() {
    return kind == Kind.BOOL;
  }

  public boolean isString() {
    return kind == Kind.STRING;
  }

  /** What the address of a value is a multiple of, in bytes. */
  public int alignment() {
    return Math.min(8, bytes());
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
      case "string" -> STRING;
      case "int4" -> I4;
      case "int2" -> I2;
      case "uint4" -> U4;
      case "uint2" -> U2;
      case "float8_e4m3fn" -> F8_E4M3FN;
      case "float8_e4m3fnuz" -> F8_E4M3FNUZ;
      case "float8_e5m2" -> F8_E5M2;
      case "float8_e5m2fnuz" -> F8_E5M2FNUZ;
      case "float8_e8m0fnu" -> F8_E8M0FNU;
      case "float4_e2m1fn" -> F4_E2M1FN;
      case "bfloat16" -> BF16;
      case "tfloat32" -> TF32;
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
      case STRING -> "string";
      case INT -> "int" + bits;
      case UINT -> "uint" + bits;
      case FLOAT -> "float" + bits;
      case BFLOAT -> "bfloat" + bits;
      case TFLOAT -> "tfloat" + bits;
      case FLOAT8_E4M3FN,
          FLOAT8_E4M3FNUZ,
          FLOAT8_E5M2,
          FLOAT8_E5M2FNUZ,
          FLOAT8_E8M0FNU,
          FLOAT4_E2M1FN ->
          kind.name().toLowerCase(Locale.ROOT);
    };
  }
}
