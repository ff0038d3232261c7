package org.jtvmc.compiler.npz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NpzTest {

  @TempDir Path folder;

  @Test
  void everyTypeAndRankIsReadBack() {
    var arrays = new LinkedHashMap<String, NDArray>();
    var types = new LinkedHashMap<String, TensorType>();
    for (var dtype :
        List.of(DType.F16, DType.F32, DType.F64, DType.I8, DType.I64, DType.U16, DType.BOOL)) {
      for (var shape : List.of(new long[] {}, new long[] {5}, new long[] {2, 3})) {
        var array = NDArray.allocate(TensorType.of(dtype, shape));
        for (int i = 0; i < array.elements(); i++) {
          array.setDouble(i, i);
        }
        arrays.put(dtype + "/" + shape.length, array);
        types.put(dtype + "/" + shape.length, array.type());
      }
    }
    var file = folder.resolve("a.npz");

    Npz.write(file, arrays);
    var read = Npz.read(file, types);

    assertEquals(arrays.keySet(), read.keySet());
    arrays.forEach((name, a) -> assertEquals(-1, a.data().mismatch(read.get(name).data()), name));
  }

  /** The bytes that NumPy 2.1 writes for {@code numpy.array([1.5, -2], numpy.float32)}. */
  @Test
  void whatNumpyWritesIsRead() throws IOException {
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
    var file =
        entry("x.npy", npy(header, new byte[] {0, 0, (byte) 0xc0, 0x3f, 0, 0, 0, (byte) 0xc0}));

    var x = Npz.read(file, Map.of("x", TensorType.of(DType.F32, 2))).get("x");

    assertEquals(1.5, x.getDouble(0));
    assertEquals(-2, x.getDouble(1));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } | truncated",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8), } | impossible"
            + " size",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), } | impossible"
            + " size",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), } | where the model expects",
        "{'descr': '>f4', 'fortran_order': False, 'shape': (2,), } | not supported",
        "{'descr': '<O8', 'fortran_order': False, 'shape': (2,), } | not understood",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), } | Fortran order",
        "nonsense | not understood",
      })
  void aHostileArrayIsRefusedInOneSentence(String header, String reason) throws IOException {
    var file = entry("x.npy", npy(header, new byte[4]));
    var wanted = Map.of("x", TensorType.of(DType.F32, 2));

    var e = assertThrows(NpzException.class, () -> Npz.read(file, wanted));

    assertTrue(e.getMessage().contains(reason), e.getMessage());
    assertTrue(e.getMessage().contains("'x'"), e.getMessage());
  }

  @Test
  void aFileThatIsNoZipIsRefused() throws IOException {
    var file = Files.writeString(folder.resolve("a.npz"), "no zip");

    assertThrows(NpzException.class, () -> Npz.read(file, Map.of()));
  }

  private Path entry(String name, byte[] bytes) throws IOException {
    var file = folder.resolve("a.npz");
    try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry(name));
      zip.write(bytes);
    }
    return file;
  }

  private static byte[] npy(String header, byte[] elements) {
    var text = (header + "\n").getBytes(StandardCharsets.US_ASCII);
    var bytes = Arrays.copyOf(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}, 10);
    bytes[8] = (byte) text.length;
    var all = Arrays.copyOf(bytes, 10 + text.length + elements.length);
    System.arraycopy(text, 0, all, 10, text.length);
    System.arraycopy(elements, 0, all, 10 + text.length, elements.length);
    return all;
  }
}
