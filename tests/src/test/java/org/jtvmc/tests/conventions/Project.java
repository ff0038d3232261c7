package org.jtvmc.tests.conventions;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where the project's files are. */
final class Project {

  /** The modules, in the order of their dependencies. */
  static final List<String> MODULES =
      List.of("ir", "schedule", "codegen", "tuner", "compiler", "examples", "tests");

  /** The repository's root: Surefire runs a module's tests in the module's folder. */
  static final Path ROOT = Path.of("").toAbsolutePath().getParent();

  private Project() {}

  /** Main sources of a module. */
  static List<Path> mainSources(String module) throws IOException {
    return filesUnder(ROOT.resolve(module).resolve("src/main/java"), ".java");
  }

  /** Main and test sources of a module. */
  static List<Path> allSources(String module) throws IOException {
    return filesUnder(ROOT.resolve(module).resolve("src"), ".java");
  }

  /** Files whose names have the ending, sorted; none where the folder does not exist. */
  static List<Path> filesUnder(Path folder, String ending) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    }
  }
}
