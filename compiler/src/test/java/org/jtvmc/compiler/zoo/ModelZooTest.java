package org.jtvmc.compiler.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jtvmc.compiler.onnx.ModelException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelZooTest {

  private static final byte[] CONTENT = {1, 2, 3};
  private static final String DIGEST =
      "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81";

  @TempDir Path folder;

  @Test
  void anArtifactIsFetchedOnceAndThenTakenFromTheCache() throws IOException {
    var jar = jar("models/a.onnx");
    var fetches = new int[1];
    var zoo =
        zoo(
            DIGEST,
            coordinates -> {
              fetches[0]++;
              return jar;
            });
    var model = zoo.find("a");

    assertFalse(zoo.isCached(model));
    var file = zoo.file(model);
    assertEquals(HexFormat.of().formatHex(CONTENT), hex(file));
    assertTrue(zoo.isCached(model));
    assertEquals(file, zoo.file(model));
    assertEquals(1, fetches[0]);
  }

  @Test
  void aFileWithAnotherDigestIsRefusedAndLeavesNothingBehind() throws IOException {
    var jar = jar("models/a.onnx");
    var zoo = zoo("0".repeat(64), coordinates -> jar);

    var fault = assertThrows(ModelException.class, () -> zoo.file(zoo.find("a")));

    assertTrue(fault.getMessage().contains(DIGEST), fault.getMessage());
    try (var left = Files.list(folder.resolve("cache"))) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void aTruncatedFileInTheCacheIsReplaced() throws IOException {
    var jar = jar("models/a.onnx");
    var zoo = zoo(DIGEST, coordinates -> jar);
    var file = zoo.file(zoo.find("a"));
    Files.write(file, new byte[] {1});

    assertEquals(HexFormat.of().formatHex(CONTENT), hex(zoo.file(zoo.find("a"))));
  }

  @Test
  void aSourceThatCannotBeReachedIsOneSentence() {
    var zoo =
        zoo(
            DIGEST,
            coordinates -> {
              throw new IOException("no network");
            });

    var fault = assertThrows(ModelException.class, () -> zoo.file(zoo.find("a")));

    assertTrue(fault.getMessage().matches("zoo:a cannot be put into .*: no network"));
  }

  @Test
  void anUnknownNameListsTheKnownOnes() {
    var fault = assertThrows(ModelException.class, () -> ModelZoo.ofUser().find("resnet34"));

    assertTrue(fault.getMessage().contains("resnet18, resnet50"), fault.getMessage());
  }

  @Test
  void theCacheFolderFollowsTheXdgSpecification() {
    var home = Path.of(System.getProperty("user.home"));

    assertEquals(
        Path.of("/var/cache/me/jtvmc/zoo"),
        ModelZoo.cacheFolder(Map.of("XDG_CACHE_HOME", "/var/cache/me")));
    assertEquals(home.resolve(".cache/jtvmc/zoo"), ModelZoo.cacheFolder(Map.of()));
    assertEquals(
        home.resolve(".cache/jtvmc/zoo"),
        ModelZoo.cacheFolder(Map.of("XDG_CACHE_HOME", "relative")));
  }

  private ModelZoo zoo(String digest, ArtifactSource source) {
    var model =
        new ZooModel(
            "a",
            "a test's model",
            "Apache-2.0",
            CONTENT.length,
            digest,
            List.of(),
            new ZooModel.Origin.Artifact("g:a:1", "models/a.onnx"));
    return new ModelZoo(List.of(model), folder.resolve("cache"), source);
  }

  private Path jar(String entry) throws IOException {
    var jar = folder.resolve("a.jar");
    try (var out = new ZipOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new ZipEntry(entry));
      out.write(CONTENT);
    }
    return jar;
  }

  private static String hex(Path file) throws IOException {
    return HexFormat.of().formatHex(Files.readAllBytes(file));
  }
}
