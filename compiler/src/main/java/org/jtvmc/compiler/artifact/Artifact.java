package org.jtvmc.compiler.artifact;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.ir.file.FileFault;

/**
 * A compiled model on disk.
 *
 * @param library the shared library
 * @param manifest its description, which lies beside it
 */
public record Artifact(Path library, ArtifactManifest manifest) {

  /**
   * The artifact that the compiler wrote to {@code path}: a folder, or a library.
   *
   * @throws ArtifactException where there is none
   */
  public static Artifact open(Path path) {
    if (Files.isDirectory(path)) {
      return inFolder(path);
    }
    if (!Files.isRegularFile(path)) {
      throw new ArtifactException("%s does not exist".formatted(path));
    }
    Path description = describing(path);
    if (!Files.isRegularFile(description)) {
      throw new ArtifactException(
          "%s has no description %s beside it; compile the model again"
              .formatted(path, description.getFileName()));
    }
    return new Artifact(path, ArtifactManifest.read(description));
  }

  private static Artifact inFolder(Path folder) {
    List<Path> descriptions;
    try (Stream<Path> files = Files.list(folder)) {
      descriptions =
          files
              .filter(file -> file.toString().endsWith(".json") && Files.isRegularFile(file))
              .filter(file -> Files.isRegularFile(libraryOf(file)))
              .toList();
    } catch (IOException e) {
      throw new ArtifactException(
          "%s cannot be listed: %s".formatted(folder, FileFault.reason(e)), e);
    }
    if (descriptions.size() != 1) {
      throw new ArtifactException(
          "%s holds %s; name the one library that you mean"
              .formatted(
                  folder,
                  descriptions.isEmpty()
                      ? "no compiled model (lib<name>.so and <name>.json)"
                      : descriptions.size() + " compiled models"));
    }
    Path description = descriptions.getFirst();
    return new Artifact(libraryOf(description), ArtifactManifest.read(description));
  }

  private static Path libraryOf(Path description) {
    String name = description.getFileName().toString().replaceFirst("\\.json$", "");
    return description.resolveSibling("lib" + name + ".so");
  }

  /** The description of a library: its name without {@code lib} and {@code .so}. */
  static Path describing(Path library) {
    return library.resolveSibling(stem(library) + ".json");
  }

  static String stem(Path library) {
    return library.getFileName().toString().replaceFirst("^lib", "").replaceFirst("\\.so$", "");
  }

  /**
   * Loads it.
   *
   * @param threads that serve one run; 0 means as many as it was compiled for
   */
  public ModelRunner load(int threads) {
    return new ModelRunner(
        library, manifest.name(), threads == 0 ? manifest.numThreads() : threads, Optional.empty());
  }
}
