package org.jtvmc.compiler.zoo;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipFile;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.ir.file.TemporaryFolder;

/**
 * The zoo's models as files in a cache folder. A file is put there whole or not at all, and only
 * with the digest that the catalogue states, so that a name stands for the same bytes on every
 * machine; from then on nothing is fetched or generated again.
 */
public final class ModelZoo {

  private final List<ZooModel> models;
  private final Path cache;
  private final ArtifactSource artifacts;

  /**
   * @param models what is in the zoo
   * @param cache the folder the files are kept in, made when it is needed
   * @param artifacts where published models come from
   */
  public ModelZoo(List<ZooModel> models, Path cache, ArtifactSource artifacts) {
    this.models = List.copyOf(models);
    this.cache = cache;
    this.artifacts = artifacts;
  }

  /** The zoo as users have it: {@link ZooCatalogue}'s models, in the user's cache folder. */
  public static ModelZoo ofUser() {
    return new ModelZoo(ZooCatalogue.models(), cacheFolder(System.getenv()), new MavenArtifacts());
  }

  /**
   * {@code $XDG_CACHE_HOME/jtvmc/zoo}, or {@code ~/.cache/jtvmc/zoo}.
   *
   * @see <a href="https://specifications.freedesktop.org/basedir-spec/latest/">XDG base
   *     directories</a>
   */
  static Path cacheFolder(Map<String, String> environment) {
    var configured = environment.getOrDefault("XDG_CACHE_HOME", "");
    // The specification has relative paths ignored.
    var base =
        !configured.isEmpty() && Path.of(configured).isAbsolute()
            ? Path.of(configured)
            : Path.of(System.getProperty("user.home"), ".cache");
    return base.resolve("jtvmc").resolve("zoo");
  }

  /** Every model, in the catalogue's order. */
  public List<ZooModel> models() {
    return models;
  }

  /**
   * The model of that name.
   *
   * @throws ModelException when the zoo has none; the message lists those it has
   */
  public ZooModel find(String name) {
    return models.stream()
        .filter(model -> model.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new ModelException(
                    "zoo:%s is not in the zoo; it has %s"
                        .formatted(
                            name,
                            models.stream()
                                .map(ZooModel::name)
                                .collect(Collectors.joining(", ")))));
  }

  /** Whether the model's file is here, so that {@link #file} needs neither network nor time. */
  public boolean isCached(ZooModel model) {
    try {
      var path = path(model);
      return Files.isRegularFile(path) && Files.size(path) == model.byteSize();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * The model's ONNX file, fetched or generated when it is not here yet. Several processes may ask
   * at once.
   *
   * @throws ModelException when it cannot be had, or is not the file that the catalogue states
   */
  public Path file(ZooModel model) {
    var path = path(model);
    if (isCached(model)) {
      return path;
    }
    try {
      Files.createDirectories(cache);
      try (var work = TemporaryFolder.in(cache)) {
        var partial = work.resolve(model.name());
        var digest = sha256();
        try (var out = new DigestOutputStream(Files.newOutputStream(partial), digest)) {
          write(model, out);
        }
        var found = HexFormat.of().formatHex(digest.digest());
        if (!found.equals(model.sha256())) {
          throw new ModelException(
              "zoo:%s from %s has the digest %s where %s is expected; the source has changed"
                  .formatted(model.name(), model.origin(), found, model.sha256()));
        }
        Files.move(
            partial, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      }
      return path;
    } catch (IOException | UncheckedIOException e) {
      throw new ModelException(
          "zoo:%s cannot be put into %s: %s".formatted(model.name(), cache, e.getMessage()), e);
    }
  }

  private void write(ZooModel model, OutputStream out) throws IOException {
    switch (model.origin()) {
      case ZooModel.Origin.Generated(var architecture) -> architecture.build().writeTo(out);
      case ZooModel.Origin.Artifact(var coordinates, var entryPath) -> {
        try (var jar = new ZipFile(artifacts.fetch(coordinates).toFile())) {
          var entry = jar.getEntry(entryPath);
          if (entry == null) {
            throw new IOException("%s has no entry %s".formatted(coordinates, entryPath));
          }
          try (var in = jar.getInputStream(entry)) {
            in.transferTo(out);
          }
        }
      }
    }
  }

  private Path path(ZooModel model) {
    // The digest in the name keeps the files of two versions of the catalogue apart.
    return cache.resolve("%s-%s.onnx".formatted(model.name(), model.sha256().substring(0, 12)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
