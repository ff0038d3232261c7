package org.jtvmc.compiler.npz;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * The header of one array, which is a Python dictionary of three fields.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">The NPY
 *     format</a>
 */
final class NpyHeader {

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int LONGEST = 1 << 16;
  private static final int MOST_DIMENSIONS = 32;
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([<>|=]?)([a-z]\\d+)'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([\\d\\s,L]*)\\)");

  private static final Map<String, DType> TYPES =
      Map.ofEntries(
          Map.entry("f2", DType.F16),
          Map.entry("f4", DType.F32),
          Map.entry("f8", DType.F64),
          Map.entry("i1", DType.I8),
          Map.entry("i2", DType.I16),
          Map.entry("i4", DType.I32),
          Map.entry("i8", DType.I64),
          Map.entry("u1", DType.U8),
          Map.entry("u2", DType.U16),
          Map.entry("u4", DType.U32),
          Map.entry("u8", DType.U64),
          Map.entry("b1", DType.BOOL));

  private NpyHeader() {}

  /**
   * Reads a header; the elements follow it.
   *
   * @throws IOException with a reason that completes the sentence "array x ..."
   */
  static TensorType read(InputStream in) throws IOException {
    DataInputStream data = new DataInputStream(in);
    byte[] magic = data.readNBytes(MAGIC.length);
    if (!java.util.Arrays.equals(magic, MAGIC)) {
      throw new IOException("is no NumPy array");
    }
    int major = data.readUnsignedByte();
    data.readUnsignedByte();
    long length =
        major == 1
            ? Short.toUnsignedLong(Short.reverseBytes(data.readShort()))
            : Integer.toUnsignedLong(Integer.reverseBytes(data.readInt()));
    if (major < 1 || major > 3 || length > LONGEST) {
      throw new IOException("has a header of an unknown form");
    }
    byte[] text = data.readNBytes((int) length);
    if (text.length < length) {
      throw new IOException("is truncated");
    }
    return parse(new String(text, StandardCharsets.UTF_8));
  }

  private static TensorType parse(String header) throws IOException {
    Matcher descr = DESCR.matcher(header);
    Matcher order = ORDER.matcher(header);
    Matcher shape = SHAPE.matcher(header);
    if (!descr.find() || !order.find() || !shape.find()) {
      throw new IOException("has elements or a header that are not understood: " + header.strip());
    }
    DType dtype = TYPES.get(descr.group(2));
    if (dtype == null || (descr.group(1).equals(">") && dtype.bytes() > 1)) {
      throw new IOException(
          "has elements of type '%s%s', which is not supported"
              .formatted(descr.group(1), descr.group(2)));
    }
    TensorType type = new TensorType(dims(shape.group(1)), dtype);
    if (order.group(1).equals("True") && type.rank() > 1) {
      throw new IOException("is in Fortran order; save it with numpy.ascontiguousarray");
    }
    try {
      type.bytes();
    } catch (ArithmeticException e) {
      throw new IOException("claims to be of an impossible size: " + type, e);
    }
    return type;
  }

  private static List<Dim> dims(String text) throws IOException {
    List<Dim> dims = new ArrayList<>();
    for (String size : text.split(",")) {
      String digits = size.strip();
      if (digits.isEmpty()) {
        continue;
      }
      try {
        dims.add(Dim.of(Long.parseLong(digits)));
      } catch (NumberFormatException e) {
        throw new IOException("claims an impossible size: " + digits, e);
      }
    }
    if (dims.size() > MOST_DIMENSIONS) {
      throw new IOException("has more than " + MOST_DIMENSIONS + " dimensions");
    }
    return dims;
  }

  /** The header of an array of {@code type}, padded so that the elements are aligned. */
  static byte[] write(TensorType type) {
    StringBuilder shape = new StringBuilder("(");
    type.sizes().forEach(size -> shape.append(size).append(", "));
    if (type.rank() > 1) {
      shape.setLength(shape.length() - 2);
    } else if (type.rank() == 1) {
      shape.setLength(shape.length() - 1);
    }
    shape.append(')');
    String text =
        "{'descr': '%s', 'fortran_order': False, 'shape': %s, }".formatted(descr(type), shape);
    int unpadded = MAGIC.length + 4 + text.length() + 1;
    int padding = Math.ceilDiv(unpadded, 64) * 64 - unpadded;
    byte[] body = (text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
    byte[] header = new byte[MAGIC.length + 4 + body.length];
    System.arraycopy(MAGIC, 0, header, 0, MAGIC.length);
    header[6] = 1;
    header[8] = (byte) body.length;
    header[9] = (byte) (body.length >> 8);
    System.arraycopy(body, 0, header, 10, body.length);
    return header;
  }

  private static String descr(TensorType type) {
    DType dtype = type.dtype();
    String order = dtype.bytes() == 1 ? "|" : "<";
    String kind =
        switch (dtype.kind()) {
          case FLOAT, TFLOAT -> "f";
          case INT -> "i";
          // NumPy has no bfloat16 and no narrower floats: their bits are kept.
          case UINT,
              BFLOAT,
              FLOAT8_E4M3FN,
              FLOAT8_E4M3FNUZ,
              FLOAT8_E5M2,
              FLOAT8_E5M2FNUZ,
              FLOAT8_E8M0FNU,
              FLOAT4_E2M1FN ->
              "u";
          case BOOL -> "b";
          case STRING -> throw new NpzException("a .npz file holds no texts here");
        };
    return order + kind + dtype.bytes();
  }
}
