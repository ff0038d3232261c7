package org.jtvmc.compiler.artifact;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where the parts of an artifact go.
 *
 * @param library the shared library
 * @param single whether it stands alone: with its weights, and without files for build systems
 */
public record ArtifactLayout(Path library, boolean single) {

  /**
   * The layout for what a user names as the output.
   *
   * @param out a name that ends in {@code .so} is the library alone, any other a folder
   * @param name the model's, a C identifier
   */
  public static ArtifactLayout of(Path out, String name) {
    return isLibrary(out)
        ? new ArtifactLayout(out.toAbsolutePath(), true)
        : new ArtifactLayout(out.toAbsolutePath().resolve("lib" + name + ".so"), false);
  }

  public static boolean isLibrary(Path out) {
    return out.toString().endsWith(".so");
  }

  /**
   * Checks that nothing of another kind stands in the way.
   *
   * @param out as the user named it
   * @throws ArtifactException where something does
   */
  void requireRoom(Path out) {
    if (out.toString().isEmpty()) {
      throw new ArtifactException("the output has an empty name: name a folder or a library");
    }
    if (beside(".h").equals(runtimeHeader())) {
      throw new ArtifactException(
          "%s would have a header that is called like the runtime's, jtvmc.h; give the library another name"
              .formatted(out));
    }
    if (Files.isDirectory(library)) {
      throw new ArtifactException(
          "%s is a folder, where a library is to be written".formatted(single ? out : library));
    }
    if (!single && Files.exists(folder()) && !Files.isDirectory(folder())) {
      throw new ArtifactException("%s is a file, where a folder is to be written".formatted(out));
    }
  }

  private Path runtimeHeader() {
    return folder().resolve("jtvmc.h");
  }

  Path folder() {
    return library.getParent();
  }

  /**
   * All files of an artifact in a folder of its own that is not kept, each of which may be there.
   */
  public List<Path> files() {
    return Stream.concat(
            Stream.of(library, runtimeHeader()),
            Stream.of(".json", ".h", ".weights", ".pc", "-config.cmake").map(this::beside))
        .toList();
  }

  /** A file beside the library, called like it. */
  public Path beside(String ending) {
    return folder().resolve(Artifact.stem(library) + ending);
  }
}
