package org.jtvmc.ir.data;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.file.TemporaryFolder;

/**
 * Named tensors in a file, in the <a
 * href="https://github.com/huggingface/safetensors#format">safetensors format</a>: the length of a
 * header (8 bytes), the header in JSON, the tensors' bytes without holes.
 */
public final class SafeTensors {

  /** Begin of the data relative to the file, so that mapped tensors suit vector loads. */
  private static final int ALIGNMENT = 64;

  private SafeTensors() {}

  /**
   * Maps a file: the tensors are views of it, read-only, valid as long as {@code arena} is.
   *
   * @return the tensors in the order of the header
   * @throws SafeTensorsException where the file breaks the format in any way
   */
  public static Map<String, NDArray> map(Path file, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < Long.BYTES) {
        throw new SafeTensorsException(file, "it has only " + size + " bytes");
      }
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
      long header = bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
      if (header < 2 || header > SafeTensorsHeader.LARGEST || header > size - Long.BYTES) {
        throw new SafeTensorsException(
            file,
            "it claims a header of %s bytes in a file of %d"
                .formatted(Long.toUnsignedString(header), size));
      }
      byte[] json = bytes.asSlice(Long.BYTES, header).toArray(ValueLayout.JAVA_BYTE);
      MemorySegment data = bytes.asSlice(Long.BYTES + header);
      Map<String, NDArray> tensors = new LinkedHashMap<>();
      SafeTensorsHeader.parse(file, json, data.byteSize())
          .forEach(
              entry ->
                  tensors.put(
                      entry.name(),
                      new NDArray(
                          entry.type(), data.asSlice(entry.begin(), entry.type().bytes()))));
      return tensors;
    }
  }

  /** As {@link #map(Path, Arena)}; unmapped when nothing refers to the tensors any more. */
  public static Map<String, NDArray> map(Path file) throws IOException {
    return map(file, Arena.ofAuto());
  }

  /**
   * Writes the file anew; a reader sees the old file or the new one, never a part. Wide elements
   * come first, so that each tensor is aligned to its element.
   */
  public static void write(Path file, Map<String, NDArray> tensors) throws IOException {
    List<Map.Entry<String, NDArray>> entries = new ArrayList<>(tensors.entrySet());
    entries.sort(
        Comparator.<Map.Entry<String, NDArray>>comparingInt(e -> -e.getValue().dtype().bytes())
            .thenComparing(Map.Entry::getKey));
    StringBuilder json = new StringBuilder("{");
    long offset = 0;
    for (Map.Entry<String, NDArray> entry : entries) {
      NDArray array = entry.getValue();
      long end = offset + array.data().byteSize();
      json.append(json.length() > 1 ? "," : "")
          .append(SafeTensorsHeader.quote(entry.getKey()))
          .append(":{\"dtype\":\"%s\",".formatted(SafeTensorsHeader.name(array.dtype())))
          .append("\"shape\":%s,".formatted(array.type().sizes().toString().replace(" ", "")))
          .append("\"data_offsets\":[%d,%d]}".formatted(offset, end));
      offset = end;
    }
    json.append('}');
    byte[] header = padded(json.toString().getBytes(StandardCharsets.UTF_8));
    Path parent = file.toAbsolutePath().getParent();
    try (TemporaryFolder work = TemporaryFolder.in(parent)) {
      Path partial = work.resolve("tensors");
      try (FileChannel channel =
          FileChannel.open(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        write(channel, MemorySegment.ofBuffer(length.putLong(header.length).flip()));
        write(channel, MemorySegment.ofArray(header));
        for (Map.Entry<String, NDArray> entry : entries) {
          write(channel, entry.getValue().data());
        }
      }
      Files.move(
          partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Blanks at the end, as the format allows, bring the data to its alignment. */
  private static byte[] padded(byte[] json) {
    int length = Math.ceilDiv(Long.BYTES + json.length, ALIGNMENT) * ALIGNMENT - Long.BYTES;
    byte[] header = Arrays.copyOf(json, length);
    Arrays.fill(header, json.length, length, (byte) ' ');
    return header;
  }

  private static void write(FileChannel channel, MemorySegment data) throws IOException {
    long step = 1L << 26;
    for (long from = 0; from < data.byteSize(); from += step) {
      long length = Math.min(step, data.byteSize() - from);
      ByteBuffer buffer = data.asSlice(from, length).asByteBuffer();
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }
  }
}
