package org.jtvmc.tests.fuzz;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What fuzzing found once, and damaged copies of right files: a reader reads or refuses them in one
 * sentence. {@code mvn -Pfuzz verify} looks for more.
 */
class ReaderCorpusTest {
  private static final Path FOUND = Path.of("src", "test", "resources", "fuzz");
  private static final int DAMAGED_COPIES = 300;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(FileReader.class)
  void whatWasFoundIsRefused(FileReader reader) throws IOException {
    for (Path file : files(FOUND.resolve(reader.name().toLowerCase(Locale.ROOT)))) {
      Path copy = folder.resolve(reader.fileName());
      Files.write(copy, Files.readAllBytes(file));
      assertThrows(Exception.class, () -> reader.parse(copy), file::toString);
      ReaderFuzzer.check(reader, copy);
    }
  }

  @ParameterizedTest
  @EnumSource(FileReader.class)
  void damagedFilesAreReadOrRefused(FileReader reader) throws IOException {
    long seed = 20261127;
    Random random = new Random(seed);
    Seeds.write(reader, folder.resolve("seeds"));
    List<Path> seeds = files(folder.resolve("seeds"));
    assertTrue(!seeds.isEmpty());
    Path copy = folder.resolve(reader.fileName());
    for (int k = 0; k < DAMAGED_COPIES; k++) {
      byte[] bytes = Files.readAllBytes(seeds.get(random.nextInt(seeds.size())));
      if (random.nextInt(4) == 0) {
        bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      for (int changes = 1 + random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Files.write(copy, bytes);
      try {
        ReaderFuzzer.check(reader, copy);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("seed %d, copy %d".formatted(seed, k), e);
      }
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
