package org.jtvmc.compiler.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One case: a folder with {@code model.onnx} and folders {@code test_data_set_*} of {@code
 * input_*.pb} and {@code output_*.pb}.
 *
 * @param name the folder's
 * @see <a href="https://onnx.ai/onnx/repo-docs/OnnxBackendTest.html">ONNX backend test</a>
 */
public record ConformanceCase(String name, Path folder) {

  private static final String MODEL = "model.onnx";

  /**
   * The cases in and below some folders, by name. A folder without a model whose description names
   * a file to download is a case as well: one that cannot be run.
   *
   * @param filter is found in the names of those that are wanted
   */
  public static List<ConformanceCase> find(List<Path> folders, Pattern filter) {
    List<ConformanceCase> cases = new ArrayList<>();
    for (Path folder : folders) {
      try (Stream<Path> files = Files.walk(folder)) {
        files
            .filter(file -> file.endsWith(MODEL) || file.endsWith("data.json"))
            .map(Path::toAbsolutePath)
            .map(Path::getParent)
            .distinct()
            .map(parent -> new ConformanceCase(parent.getFileName().toString(), parent))
            .filter(found -> filter.matcher(found.name).find())
            .forEach(cases::add);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot list %s".formatted(folder), e);
      }
    }
    cases.sort(Comparator.comparing(ConformanceCase::name).thenComparing(ConformanceCase::folder));
    return cases;
  }

  Path model() {
    return folder.resolve(MODEL);
  }

  /** The folders of inputs and outputs, in order. */
  List<Path> dataSets() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("test_data_set_"))
          .filter(Files::isDirectory)
          .sorted()
          .toList();
    }
  }
}
