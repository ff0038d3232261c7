package org.jtvmc.compiler.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.file.FileFault;

/** The weights of a model as they are written one behind the other, each once. */
final class WeightFile implements AutoCloseable {
  private static final int ALIGNMENT = 64;
  private static final long CHUNK = 1L << 28;

  /**
   * What one piece of the file holds.
   *
   * @param data the original
   * @param form how it is packed; empty where it is not
   */
  record Key(NDArray data, String form) {}

  private final Path path;
  private final FileChannel channel;
  private final Map<Key, Long> offsets = new HashMap<>();
  private long end;

  WeightFile(Path path) throws IOException {
    this.path = path;
    this.channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING);
  }

  /** The offset of what {@code key} names, which is written if it is not there yet. */
  long offset(Key key, Supplier<MemorySegment> contents) {
    Long known = offsets.get(key);
    if (known != null) {
      return known;
    }
    long offset = Math.ceilDiv(end, ALIGNMENT) * ALIGNMENT;
    MemorySegment bytes = contents.get();
    try {
      for (long start = 0; start < bytes.byteSize(); start += CHUNK) {
        ByteBuffer chunk =
            bytes.asSlice(start, Math.min(CHUNK, bytes.byteSize() - start)).asByteBuffer();
        while (chunk.hasRemaining()) {
          channel.write(chunk, offset + start + chunk.position());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot write the weights to %s: %s".formatted(path, FileFault.reason(e)), e);
    }
    end = offset + bytes.byteSize();
    offsets.put(key, offset);
    return offset;
  }

  Path path() {
    return path;
  }

  long bytes() {
    return end;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
