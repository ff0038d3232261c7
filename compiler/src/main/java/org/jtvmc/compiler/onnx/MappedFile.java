package org.jtvmc.compiler.onnx;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import org.jtvmc.ir.file.FileFault;

/** Files mapped read-only into memory. */
final class MappedFile {

  private MappedFile() {}

  /**
   * Maps a whole regular file. The mapping lives as long as anything refers to it: weights are
   * handed around as slices whose last owner is not known.
   *
   * @throws ModelException when there is no such file, or it is no regular file, or it cannot be
   *     read
   */
  static MemorySegment map(Path file, LinkOption... links) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new ModelException("%s is not a regular file; name an .onnx file".formatted(file));
    }
    var options = new HashSet<OpenOption>(List.of(links));
    options.add(StandardOpenOption.READ);
    try (var channel = FileChannel.open(file, options)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
    } catch (NoSuchFileException e) {
      throw new ModelException("%s does not exist; check the path".formatted(file), e);
    } catch (IOException e) {
      throw new ModelException("%s cannot be read: %s".formatted(file, FileFault.reason(e)), e);
    }
  }
}
