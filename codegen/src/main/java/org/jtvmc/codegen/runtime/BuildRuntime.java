package org.jtvmc.codegen.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jtvmc.codegen.link.LibcStub;
import org.jtvmc.codegen.link.LlvmTools;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmModule;

/**
 * Compiles the native runtime while this module is built: {@code BuildRuntime <C sources> <output
 * folder>}. Does nothing when nothing that matters has changed since.
 */
final class BuildRuntime {

  private static final List<String> FLAGS =
      List.of(
          "--target=x86_64-unknown-linux-gnu",
          "-march=x86-64",
          "-std=c11",
          "-O2",
          "-fPIC",
          "-fvisibility=hidden",
          "-ffreestanding",
          "-nostdlibinc",
          "-fno-ident",
          "-Wall",
          "-Wextra",
          "-Wshadow",
          "-Wconversion",
          "-Wmissing-prototypes",
          "-Wvla",
          "-Werror",
          "-emit-llvm",
          "-c");

  private final Path sources;
  private final Path output;
  private final LlvmTools tools = LlvmTools.open();

  private BuildRuntime(Path sources, Path output) {
    this.sources = sources;
    this.output = output;
  }

  static void main(String[] arguments) throws IOException {
    var sources = Path.of(arguments[0]);
    var output = Path.of(arguments[1]);
    var state = fingerprint(sources);
    var stamp = output.resolve("runtime.sha256");
    if (Files.exists(stamp) && Files.readString(stamp).equals(state)) {
      return;
    }
    Files.createDirectories(output);
    new BuildRuntime(sources, output).build();
    Files.writeString(stamp, state);
  }

  private void build() throws IOException {
    for (var part : RuntimePart.values()) {
      try (var context = new LlvmContext()) {
        var modules = new ArrayList<LlvmModule>();
        for (var source : part.sources()) {
          modules.add(context.parseBitcode(source, compile(source)));
        }
        var whole = modules.removeFirst();
        modules.forEach(whole::link);
        whole.setSourceName("jtvmc_runtime");
        whole.verify();
        Files.write(output.resolve(RuntimeResources.bitcodeName(part)), whole.toBitcode());
      }
    }
    for (var header : RuntimeResources.HEADERS) {
      Files.writeString(output.resolve(header), Files.readString(sources.resolve(header)));
    }
    LibcStub.write(tools, output.resolve(RuntimeResources.LIBC));
  }

  private byte[] compile(String source) throws IOException {
    var bitcode = Files.createTempFile(source, ".bc");
    try {
      var arguments = new ArrayList<>(FLAGS);
      arguments.add(sources.resolve(source + ".c").toString());
      arguments.add("-o");
      arguments.add(bitcode.toString());
      tools.clang(arguments);
      return Files.readAllBytes(bitcode);
    } finally {
      Files.delete(bitcode);
    }
  }

  /** A hash of all that the output depends on. */
  private static String fingerprint(Path sources) throws IOException {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      var settings = FLAGS + LibcStub.FUNCTIONS.toString();
      for (var part : RuntimePart.values()) {
        settings += part.sources();
      }
      digest.update(settings.getBytes(StandardCharsets.UTF_8));
      try (var files = Files.list(sources)) {
        for (var file : files.sorted().toList()) {
          digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
          digest.update(Files.readAllBytes(file));
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
