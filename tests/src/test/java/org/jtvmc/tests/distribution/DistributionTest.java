package org.jtvmc.tests.distribution;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packing of {@code mvn -Pdist package} ({@code .mvn/dist}), on a program of a few lines with
 * libraries that are named like the real ones.
 */
class DistributionTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final String NAME = "jtvmc-9.8-linux-x86_64";
  private static final String LLVM = "llvm-1-linux-x86_64.jar";
  private static final String PROGRAM =
      """
      package org.jtvmc.compiler.cli;

      public final class Main {
        public static void main(String[] arguments) {
          System.out.println(String.join("|", arguments) + " on " + System.getProperty("java.home"));
        }
      }
      """;

  @TempDir private Path folder;
  private Path build;

  /** What a command printed, and its exit code. */
  private record Outcome(String text, int code) {}

  @BeforeEach
  void buildTheProgram() throws IOException {
    build = Files.createDirectories(folder.resolve("target"));
    Path source = Files.writeString(folder.resolve("Main.java"), PROGRAM);
    Path classes = Files.createDirectories(folder.resolve("classes"));
    assertEquals(
        0,
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", classes.toString(), source.toString()));
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, "lib/plain-1.jar lib/" + LLVM);
    String main = "org/jtvmc/compiler/cli/Main.class";
    try (var out =
        new JarOutputStream(Files.newOutputStream(build.resolve("jtvmc.jar")), manifest)) {
      out.putNextEntry(new JarEntry(main));
      out.write(Files.readAllBytes(classes.resolve(main)));
    }
    Files.createDirectories(build.resolve("lib"));
    jar("plain-1.jar", Map.of("a/Plain.class", "p", "lib/kept", "k"));
    jar("of-an-earlier-build-1.jar", Map.of("b/Old.class", "o"));
    String natives = "org/bytedeco/llvm/linux-x86_64/";
    jar(
        LLVM,
        Map.of(
            natives + "libLLVM.so.20.1",
            "l",
            natives + "lld",
            "d",
            natives + "clang",
            "c",
            natives + "include/llvm/IR.h",
            "h",
            "org/bytedeco/Some.class",
            "s"));
  }

  private void jar(String name, Map<String, String> entries) throws IOException {
    OutputStream file = Files.newOutputStream(build.resolve("lib").resolve(name));
    try (var out = new JarOutputStream(file)) {
      for (Map.Entry<String, String> entry : new TreeMap<>(entries).entrySet()) {
        out.putNextEntry(new JarEntry(entry.getKey()));
        out.write(entry.getValue().getBytes(UTF_8));
      }
    }
  }

  private Outcome pack(String... limit) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(ROOT.resolve(".mvn/dist/Dist.java").toString());
    command.addAll(List.of(ROOT.toString(), build.toString(), "9.8"));
    command.addAll(List.of(limit));
    return run(new ProcessBuilder(command));
  }

  private static Outcome run(ProcessBuilder builder) throws IOException, InterruptedException {
    Process process = builder.redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Outcome(text, process.waitFor());
  }

  private Path archive() {
    return build.resolve(NAME + ".tar.gz");
  }

  private static Set<String> entries(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      return file.stream().map(JarEntry::getName).collect(Collectors.toSet());
    }
  }

  @Test
  void whatIsUnpackedRunsWithoutAnyJavaOfTheMachine() throws IOException, InterruptedException {
    Outcome packed = pack();

    assertEquals(0, packed.code(), packed.text());
    Path elsewhere = Files.createDirectories(folder.resolve("else where"));
    Outcome unpacked =
        run(new ProcessBuilder("tar", "xzf", archive().toString()).directory(elsewhere.toFile()));
    assertEquals("", unpacked.text());
    Path libraries = elsewhere.resolve(NAME).resolve("lib");
    try (var files = Files.list(libraries)) {
      assertEquals(
          Set.of("jtvmc.jar", "plain-1.jar", LLVM),
          files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
    }
    assertEquals(Set.of("a/Plain.class", "lib/kept"), entries(libraries.resolve("plain-1.jar")));
    assertEquals(
        Set.of(
            "org/bytedeco/llvm/linux-x86_64/libLLVM.so.20.1",
            "org/bytedeco/llvm/linux-x86_64/lld",
            "org/bytedeco/Some.class"),
        entries(libraries.resolve(LLVM)));
    Path launcher = elsewhere.resolve(NAME).resolve("bin/jtvmc");
    Path link = Files.createSymbolicLink(folder.resolve("link"), launcher);
    Path only = Files.createDirectories(folder.resolve("bin"));
    Files.copy(
        Path.of("/usr/bin/readlink"), only.resolve("readlink"), StandardCopyOption.COPY_ATTRIBUTES);
    for (Path started : List.of(launcher, link)) {
      var builder = new ProcessBuilder(started.toString(), "one", "two words");
      builder.environment().clear();
      builder.environment().put("PATH", only.toString());

      Outcome ran = run(builder);

      String home = elsewhere.toRealPath().resolve(NAME).resolve("jre").toString();
      assertEquals("one|two words on " + home + "\n", ran.text());
    }
  }

  @Test
  void anArchiveThatIsTooLargeFailsTheBuildWithASentence()
      throws IOException, InterruptedException {
    Outcome outcome = pack("1500000");

    assertEquals(1, outcome.code(), outcome.text());
    assertTrue(
        outcome.text().matches("(?s)The distribution has [0-9.]+ MB, and 1.5 are allowed: .*"),
        outcome.text());
    assertTrue(outcome.text().contains("jre/lib/modules "), outcome.text());
    assertEquals(1, outcome.text().lines().count(), outcome.text());
    assertFalse(Files.exists(archive()));
  }
}
