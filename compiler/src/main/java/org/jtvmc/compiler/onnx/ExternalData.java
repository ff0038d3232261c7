package org.jtvmc.compiler.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Weights that lie in files beside the model. A location is taken only where it names a regular
 * file below the model's own folder: a model from a stranger must not pull other files of the
 * machine into its constants.
 *
 * @see <a href="https://onnx.ai/onnx/repo-docs/ExternalData.html">ONNX, external data</a>
 */
final class ExternalData {

  private final Path model;
  private final Map<Path, DataFile> files = new HashMap<>();

  /** A mapped file and the ranges of it that tensors have claimed: start to end, both in bytes. */
  private record DataFile(MemorySegment bytes, TreeMap<Long, Claim> claims) {}

  private record Claim(long end, String tensor) {}

  ExternalData(Path model) {
    this.model = model;
  }

  /**
   * The bytes of one tensor.
   *
   * @param byteSize how many bytes the tensor's type and shape need
   * @throws ModelException when the location leaves the folder, or the range is not in the file, or
   *     overlaps another tensor's without being the same
   */
  synchronized MemorySegment bytes(TensorProto tensor, long byteSize) {
    var entries =
        tensor.getExternalDataList().stream()
            .collect(
                Collectors.toMap(
                    StringStringEntryProto::getKey,
                    StringStringEntryProto::getValue,
                    (first, second) -> second));
    var location = entries.get("location");
    if (location == null || location.isEmpty()) {
      throw fault(tensor, "has external data without a location; export the model again");
    }
    var offset = number(tensor, entries, "offset", 0);
    var length = number(tensor, entries, "length", byteSize);
    if (length != byteSize) {
      throw fault(
          tensor,
          "has %d bytes of external data where its shape needs %d; export the model again"
              .formatted(length, byteSize));
    }
    var path = resolve(tensor, location);
    var file =
        files.computeIfAbsent(
            path, p -> new DataFile(MappedFile.map(p, LinkOption.NOFOLLOW_LINKS), new TreeMap<>()));
    var available = file.bytes.byteSize();
    if (offset > available || length > available - offset) {
      throw fault(
          tensor,
          "wants bytes %d to %s of %s, which has %d; the file is truncated or belongs to another model"
              .formatted(
                  offset, Long.toUnsignedString(offset + length), path.getFileName(), available));
    }
    claim(tensor, file.claims, offset, offset + length);
    return file.bytes.asSlice(offset, length);
  }

  private Path resolve(TensorProto tensor, String location) {
    if (location.indexOf('\\') >= 0) {
      throw leaves(tensor, location, "it has a backslash, which divides folders on other systems");
    }
    Path relative;
    try {
      relative = Path.of(location);
    } catch (InvalidPathException e) {
      throw fault(tensor, "has external data in '%s', which is no path".formatted(location), e);
    }
    if (relative.isAbsolute() || relative.normalize().startsWith("..") || escapes(relative)) {
      throw leaves(tensor, location, "the path leads out of it");
    }
    try {
      var folder = model.toAbsolutePath().getParent().toRealPath();
      var path = folder.resolve(relative).normalize();
      for (var part = path; !part.equals(folder); part = part.getParent()) {
        if (Files.isSymbolicLink(part)) {
          throw leaves(tensor, location, "'%s' is a symbolic link".formatted(part.getFileName()));
        }
      }
      if (!Files.exists(path)) {
        throw fault(
            tensor,
            "has its data in %s, which does not exist; put that file beside the model"
                .formatted(path));
      }
      if (!Files.isRegularFile(path)) {
        throw fault(
            tensor,
            "has its data in %s, which is a folder or no ordinary file; put the file with the data there"
                .formatted(path));
      }
      if (Files.getFileStore(path).supportsFileAttributeView("unix")
          && Files.getAttribute(path, "unix:nlink") instanceof Integer links
          && links > 1) {
        throw leaves(tensor, location, "the file has %d hard links".formatted(links));
      }
      return path;
    } catch (IOException e) {
      throw fault(
          tensor,
          "has external data in '%s', which cannot be read: %s".formatted(location, e.getMessage()),
          e);
    }
  }

  /** Whether any prefix of the path climbs above its start, as {@code a/../../b} does. */
  private static boolean escapes(Path relative) {
    int depth = 0;
    for (var part : relative) {
      depth += part.toString().equals("..") ? -1 : part.toString().equals(".") ? 0 : 1;
      if (depth < 0) {
        return true;
      }
    }
    return false;
  }

  private void claim(TensorProto tensor, TreeMap<Long, Claim> claims, long start, long end) {
    if (start == end) {
      return;
    }
    var before = claims.lowerEntry(end);
    if (before != null && before.getValue().end > start) {
      if (before.getKey() == start && before.getValue().end == end) {
        return; // Shared weights: two tensors over one and the same range.
      }
      throw fault(
          tensor,
          "has external data that overlaps that of tensor '%s'; export the model again"
              .formatted(before.getValue().tensor));
    }
    claims.put(start, new Claim(end, tensor.getName()));
  }

  private long number(TensorProto tensor, Map<String, String> entries, String key, long absent) {
    var text = entries.get(key);
    if (text == null || text.isEmpty()) {
      return absent;
    }
    try {
      var value = Long.parseLong(text);
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw fault(
          tensor, "has external data with %s '%s', which is no number".formatted(key, text), e);
    }
    throw fault(tensor, "has external data with the negative %s %s".formatted(key, text));
  }

  private ModelException leaves(TensorProto tensor, String location, String how) {
    return fault(
        tensor,
        "has external data in '%s', which may lie outside the model's folder (%s); put a plain copy beside the model"
            .formatted(location, how));
  }

  private ModelException fault(TensorProto tensor, String what) {
    return new ModelException("%s: tensor '%s' %s".formatted(model, tensor.getName(), what));
  }

  private ModelException fault(TensorProto tensor, String what, Throwable cause) {
    return new ModelException("%s: tensor '%s' %s".formatted(model, tensor.getName(), what), cause);
  }
}
