package org.jtvmc.ir.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** The header of a safetensors file, which may come from anywhere: nothing in it is believed. */
final class SafeTensorsHeader {

  /** The longest header in bytes; the limit of the format's own reader. */
  static final long LARGEST = 100_000_000;

  private static final int LARGEST_RANK = 64;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  private SafeTensorsHeader() {}

  /** A tensor: {@code type.bytes()} bytes from {@code begin} of the data. */
  record Entry(String name, TensorType type, long begin) {}

  /**
   * Reads a header.
   *
   * @param dataBytes what follows the header in the file
   * @return in the order of the header; the entries cover the data without holes or overlaps
   */
  static List<Entry> parse(Path file, byte[] json, long dataBytes) throws IOException {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new SafeTensorsException(
          file, "its header is no JSON: " + e.getOriginalMessage().replace('\n', ' '), e);
    }
    if (!root.isObject()) {
      throw new SafeTensorsException(file, "its header is no JSON object");
    }
    List<Entry> entries = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (!field.getKey().equals("__metadata__")) {
        entries.add(entry(file, field.getKey(), field.getValue(), dataBytes));
      }
    }
    long end = 0;
    for (Entry entry : entries.stream().sorted(Comparator.comparingLong(Entry::begin)).toList()) {
      if (entry.begin != end) {
        throw new SafeTensorsException(
            file,
            "tensor '%s' begins at byte %d where %d follows the one before"
                .formatted(entry.name, entry.begin, end));
      }
      end += entry.type.bytes();
    }
    if (end != dataBytes) {
      throw new SafeTensorsException(
          file, "its tensors take %d bytes and the file has %d".formatted(end, dataBytes));
    }
    return entries;
  }

  private static Entry entry(Path file, String name, JsonNode node, long dataBytes)
      throws SafeTensorsException {
    DType dtype = dtype(node.path("dtype").asText());
    if (dtype == null) {
      throw new SafeTensorsException(
          file, "tensor '%s' has element type '%s'".formatted(name, node.path("dtype").asText()));
    }
    JsonNode shape = node.path("shape");
    JsonNode offsets = node.path("data_offsets");
    if (!isSizes(shape) || shape.size() > LARGEST_RANK) {
      throw new SafeTensorsException(
          file, "the shape of tensor '%s' is no list of sizes".formatted(name));
    }
    if (!isSizes(offsets) || offsets.size() != 2) {
      throw new SafeTensorsException(
          file, "the data_offsets of tensor '%s' are no two positions".formatted(name));
    }
    long begin = offsets.get(0).longValue();
    long end = offsets.get(1).longValue();
    List<Dim> dims = new ArrayList<>();
    shape.forEach(size -> dims.add(Dim.of(size.longValue())));
    TensorType type = new TensorType(dims, dtype);
    long bytes;
    try {
      bytes = type.bytes();
    } catch (ArithmeticException e) {
      throw new SafeTensorsException(
          file, "tensor '%s' claims more elements than there can be".formatted(name), e);
    }
    if (begin > end || end > dataBytes || end - begin != bytes) {
      throw new SafeTensorsException(
          file,
          "tensor '%s' needs %d bytes and claims those from %d to %d of %d"
              .formatted(name, bytes, begin, end, dataBytes));
    }
    return new Entry(name, type, begin);
  }

  private static boolean isSizes(JsonNode node) {
    if (!node.isArray()) {
      return false;
    }
    for (JsonNode item : node) {
      if (!item.canConvertToLong() || !item.isIntegralNumber() || item.longValue() < 0) {
        return false;
      }
    }
    return true;
  }

  /** The format's name of an element type: {@code F32}. */
  static String name(DType dtype) {
    return switch (dtype.kind()) {
      case FLOAT -> "F" + dtype.bits();
      case BFLOAT -> "BF" + dtype.bits();
      case TFLOAT -> "TF" + dtype.bits();
      case INT -> "I" + dtype.bits();
      case UINT -> "U" + dtype.bits();
      case BOOL -> "BOOL";
      case FLOAT8_E4M3FN -> "F8_E4M3";
      case FLOAT8_E5M2 -> "F8_E5M2";
      case FLOAT8_E8M0FNU -> "F8_E8M0";
      case FLOAT8_E4M3FNUZ, FLOAT8_E5M2FNUZ, FLOAT4_E2M1FN, STRING -> dtype.toString();
    };
  }

  private static DType dtype(String name) {
    return switch (name) {
      case "F64" -> DType.F64;
      case "F32" -> DType.F32;
      case "F16" -> DType.F16;
      case "BF16" -> DType.BF16;
      case "I64" -> DType.I64;
      case "I32" -> DType.I32;
      case "I16" -> DType.I16;
      case "I8" -> DType.I8;
      case "U64" -> DType.U64;
      case "U32" -> DType.U32;
      case "U16" -> DType.U16;
      case "U8" -> DType.U8;
      case "BOOL" -> DType.BOOL;
      case "F8_E4M3" -> DType.F8_E4M3FN;
      case "F8_E5M2" -> DType.F8_E5M2;
      case "F8_E8M0" -> DType.F8_E8M0FNU;
      case "float8_e4m3fnuz" -> DType.F8_E4M3FNUZ;
      case "float8_e5m2fnuz" -> DType.F8_E5M2FNUZ;
      case "float4_e2m1fn" -> DType.F4_E2M1FN;
      case "I4" -> DType.I4;
      case "I2" -> DType.I2;
      case "U4" -> DType.U4;
      case "U2" -> DType.U2;
      default -> null;
    };
  }

  /** {@code text} as a JSON string. */
  static String quote(String text) {
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }
}
