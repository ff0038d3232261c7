package org.jtvmc.codegen.link;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.stream.Collectors;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.ir.file.TemporaryFolder;

/**
 * Links object files to a shared library: nothing visible but the exports, no dependency but {@code
 * libc.so.6}, all relocations read-only after loading, no executable stack. The same input gives
 * the same bytes.
 */
public final class SharedLibraryLinker {

  private final LlvmTools tools;
  private final byte[] libc;

  /**
   * @param tools whose linker is used
   * @param libc a shared object that defines what may be taken from the C library: see {@link
   *     LibcStub}
   */
  public SharedLibraryLinker(LlvmTools tools, byte[] libc) {
    this.tools = tools;
    this.libc = libc.clone();
  }

  /**
   * @param objects ELF object files, in the order in which they are laid out
   * @param exports the visible symbols
   * @param library the file to write, whose name becomes the library's soname; it is replaced only
   *     when linking has succeeded
   * @throws CodegenException with the linker's message, as for a symbol that is nowhere defined
   * @throws UncheckedIOException where the library cannot be written
   */
  public void link(List<Path> objects, SortedSet<String> exports, Path library) {
    try {
      var directory = library.toAbsolutePath().getParent();
      Files.createDirectories(directory);
      // Beside the library, so that the final move is atomic.
      try (var work = TemporaryFolder.in(directory)) {
        var script = work.resolve("exports");
        Files.writeString(script, versionScript(exports));
        var stub = Files.write(work.resolve("libc.so.6"), libc);
        var linked = work.resolve("linked");
        var soname = library.getFileName().toString();
        tools.lld(arguments(objects, soname, script, stub, linked));
        Files.move(linked, library, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot write %s: %s".formatted(library, FileFault.reason(e)), e);
    }
  }

  private static List<String> arguments(
      List<Path> objects, String soname, Path script, Path stub, Path output) {
    var arguments =
        new ArrayList<>(
            List.of(
                "-shared",
                "-m",
                "elf_x86_64",
                "-soname",
                soname,
                "--version-script=" + script,
                "--build-id=sha1",
                "--hash-style=gnu",
                "--eh-frame-hdr",
                "--gc-sections",
                "--no-undefined",
                "--fatal-warnings",
                "-z",
                "relro",
                "-z",
                "now",
                "-z",
                "noexecstack",
                "-o",
                output.toString()));
    objects.forEach(object -> arguments.add(object.toString()));
    arguments.add(stub.toString());
    return arguments;
  }

  private static String versionScript(SortedSet<String> exports) {
    return exports.stream()
        .map(name -> "    " + name + ";\n")
        .collect(Collectors.joining("", "{\n  global:\n", "  local:\n    *;\n};\n"));
  }
}
