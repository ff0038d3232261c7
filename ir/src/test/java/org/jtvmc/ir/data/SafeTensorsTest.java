package org.jtvmc.ir.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SafeTensorsTest {

  @TempDir private Path folder;

  private Path file(long headerLength, String header, int dataBytes) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(headerLength).put(json);
    return Files.write(folder.resolve("t.safetensors"), bytes.array());
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (DType dtype :
        List.of(DType.BOOL, DType.I8, DType.BF16, DType.F16, DType.F32, DType.U64, DType.F64)) {
      NDArray array = NDArray.allocate(TensorType.of(dtype, 3, 5));
      for (int i = 0; i < 15; i++) {
        array.setDouble(i, i % 2);
      }
      tensors.put("a \"name\" \n" + dtype, array);
    }
    tensors.put("scalar", NDArray.scalar(DType.F32, 0.5));
    tensors.put("empty", NDArray.allocate(TensorType.of(DType.F32, 0, 7)));
    Path file = folder.resolve("t.safetensors");
    SafeTensors.write(file, tensors);
    Map<String, NDArray> read = SafeTensors.map(file);
    assertEquals(tensors.keySet(), read.keySet());
    tensors.forEach(
        (name, array) -> {
          assertEquals(array.type(), read.get(name).type());
          assertEquals(-1, array.data().mismatch(read.get(name).data()), name);
        });
    assertArrayEquals(new String[] {"t.safetensors"}, folder.toFile().list());
  }

  /** The bytes that the format's own documentation shows. */
  @Test
  void readsTheFormatsExample() throws IOException {
    String header =
        "{\"__metadata__\":{\"by\":\"hand\"},"
            + "\"t\":{\"dtype\":\"F16\",\"shape\":[1,4],\"data_offsets\":[0,8]}}";
    Map<String, NDArray> read = SafeTensors.map(file(header.length(), header, 8));
    assertEquals(TensorType.of(DType.F16, 1, 4), read.get("t").type());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "[]",
        "{} {}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}",
        "{\"t\":{\"dtype\":\"F33\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[1152921504606846976],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
            + "\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
            + "\"u\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}"
      })
  void hostileHeadersAreRefusedInOneSentence(String header) throws IOException {
    Path file = file(header.length(), header, 8);
    String message =
        assertThrows(SafeTensorsException.class, () -> SafeTensors.map(file)).getMessage();
    assertTrue(message.contains("t.safetensors is no valid safetensors file: "), message);
    assertFalse(message.contains("\n"), message);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 1, 11, Long.MAX_VALUE, Long.MIN_VALUE})
  void hostileLengthsAreRefused(long length) throws IOException {
    Path file = file(length, "{}", 8);
    assertThrows(SafeTensorsException.class, () -> SafeTensors.map(file));
  }
}
