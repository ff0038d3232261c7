package org.jtvmc.compiler.npz;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.ir.type.TensorType;

/** Named arrays in a file, as {@code numpy.savez} writes them and {@code numpy.load} reads them. */
public final class Npz {

  private static final String SUFFIX = ".npy";
  private static final int CHUNK = 1 << 16;

  private Npz() {}

  /**
   * The sizes of the arrays in a file, by name; without those that are of no type of ours.
   *
   * @throws NpzException where the file cannot be read
   */
  public static Map<String, List<Long>> sizes(Path file) {
    Map<String, List<Long>> sizes = new LinkedHashMap<>();
    reading(
        file,
        zip -> {
          for (ZipEntry array : Collections.list(zip.entries())) {
            String name = array.getName();
            if (name.endsWith(SUFFIX)) {
              header(zip, array)
                  .ifPresent(
                      type ->
                          sizes.put(
                              name.substring(0, name.length() - SUFFIX.length()), type.sizes()));
            }
          }
        });
    return sizes;
  }

  /** What an array is; whoever reads it hears what is wrong with it. */
  private static Optional<TensorType> header(ZipFile zip, ZipEntry array) {
    try (InputStream in = new BufferedInputStream(zip.getInputStream(array))) {
      return Optional.of(NpyHeader.read(in));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Reads the arrays that {@code wanted} names; others in the file are passed over unread.
   *
   * @param wanted names and types; an array must have its type exactly
   * @return those that are there
   * @throws NpzException where the file cannot be read, or an array is not of its type
   */
  public static Map<String, NDArray> read(Path file, Map<String, TensorType> wanted) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    reading(
        file,
        zip -> {
          for (Map.Entry<String, TensorType> entry : wanted.entrySet()) {
            ZipEntry array = zip.getEntry(entry.getKey() + SUFFIX);
            if (array != null) {
              try (InputStream in = new BufferedInputStream(zip.getInputStream(array), CHUNK)) {
                arrays.put(entry.getKey(), read(in, file, entry.getKey(), entry.getValue()));
              }
            }
          }
        });
    return arrays;
  }

  /** What is done with an open file. */
  @FunctionalInterface
  private interface Reading {
    void read(ZipFile zip) throws IOException;
  }

  private static void reading(Path file, Reading action) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      action.read(zip);
    } catch (NoSuchFileException e) {
      throw new NpzException("%s does not exist".formatted(file), e);
    } catch (ZipException e) {
      throw new NpzException(
          "%s is no .npz file, or a damaged one (%s); numpy.savez and jtvmc run --outputs write them"
              .formatted(file, e.getMessage()),
          e);
    } catch (IOException e) {
      throw new NpzException("%s cannot be read: %s".formatted(file, FileFault.reason(e)), e);
    }
  }

  private static NDArray read(InputStream in, Path file, String name, TensorType wanted) {
    try {
      TensorType type = NpyHeader.read(in);
      // Compared before anything is allocated: what the file claims decides nothing.
      if (!type.equals(wanted)) {
        throw new NpzException(
            "%s: array '%s' is %s where the model expects %s".formatted(file, name, type, wanted));
      }
      NDArray array = NDArray.allocate(type);
      byte[] chunk = new byte[CHUNK];
      for (long at = 0; at < type.bytes(); ) {
        int count = in.readNBytes(chunk, 0, (int) Math.min(CHUNK, type.bytes() - at));
        if (count == 0) {
          throw new EOFException("is truncated");
        }
        MemorySegment.copy(MemorySegment.ofArray(chunk), 0, array.data(), at, count);
        at += count;
      }
      return array;
    } catch (IOException e) {
      String reason = e.getMessage() == null ? "is truncated" : e.getMessage();
      throw new NpzException("%s: array '%s' %s".formatted(file, name, reason), e);
    }
  }

  /**
   * Writes the arrays in the order of the map.
   *
   * @throws NpzException where the file cannot be written
   */
  public static void write(Path file, Map<String, NDArray> arrays) {
    try (ZipOutputStream zip =
        new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(file), CHUNK))) {
      zip.setLevel(Deflater.BEST_SPEED);
      byte[] chunk = new byte[CHUNK];
      for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
        NDArray array = entry.getValue();
        zip.putNextEntry(new ZipEntry(entry.getKey() + SUFFIX));
        zip.write(NpyHeader.write(array.type()));
        for (long at = 0; at < array.data().byteSize(); at += CHUNK) {
          int count = (int) Math.min(CHUNK, array.data().byteSize() - at);
          MemorySegment.copy(array.data(), at, MemorySegment.ofArray(chunk), 0, count);
          zip.write(chunk, 0, count);
        }
        zip.closeEntry();
      }
    } catch (IOException e) {
      throw new NpzException("%s cannot be written: %s".formatted(file, FileFault.reason(e)), e);
    }
  }
}
