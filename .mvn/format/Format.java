import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Formats every Java source of the project, or checks that nothing is left to format.
 *
 * <p>Run by the root pom on the toolchain's JDK. google-java-format parses with the compiler of the
 * JDK it runs on, and Maven may be running on a JDK that is older than the language used here, so a
 * plugin inside Maven's own process would fail on the sources.
 *
 * <p>Arguments: {@code check} or {@code apply}, the project's root folder, and the report: a file
 * that lists the sources which are still not formatted, and does not exist if there are none.
 */
final class Format {

  private Format() {}

  public static void main(String[] args) throws IOException {
    boolean apply =
        switch (args[0]) {
          case "apply" -> true;
          case "check" -> false;
          default ->
              throw new IllegalArgumentException("-Dformat=" + args[0] + ": use check or apply");
        };
    Path root = Path.of(args[1]);
    Path report = Path.of(args[2]);
    List<String> unformatted =
        sources(root).parallelStream()
            .filter(source -> !format(source, apply))
            .map(source -> root.relativize(source).toString())
            .toList();
    Files.deleteIfExists(report);
    if (!unformatted.isEmpty()) {
      unformatted.forEach(source -> System.err.println("not formatted: " + source));
      Files.write(report, unformatted);
    }
  }

  private static List<Path> sources(Path root) {
    try (Stream<Path> modules = Files.list(root)) {
      return modules
          .map(module -> module.resolve("src"))
          .filter(Files::isDirectory)
          .flatMap(Format::javaFilesUnder)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<Path> javaFilesUnder(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the source is formatted now. */
  private static boolean format(Path source, boolean apply) {
    try {
      String text = Files.readString(source);
      String formatted = new Formatter().formatSourceAndFixImports(text);
      if (apply && !text.equals(formatted)) {
        Files.writeString(source, formatted);
        System.err.println("formatted " + source);
      }
      return apply || text.equals(formatted);
    } catch (FormatterException e) {
      System.err.println(source + ":" + e.getMessage());
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
