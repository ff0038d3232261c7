package org.jtvmc.codegen.link;

import static org.bytedeco.llvm.global.LLVM.LLVMGetVersion;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.llvm.global.LLVM;
import org.jtvmc.codegen.CodegenException;

/**
 * The programs of the LLVM package, taken out of its jar into JavaCPP's cache when first used.
 *
 * <p>They ask for LLVM's libraries by names with a version, which the jar's files do not carry: a
 * folder beside the cache has links of these names, and the programs run with it as their library
 * path.
 */
public final class LlvmTools {

  private final Path folder;

  private LlvmTools(Path folder) {
    this.folder = folder;
  }

  /**
   * @throws CodegenException when the files cannot be written
   */
  public static LlvmTools open() {
    try {
      var root = Loader.getCacheDir().toPath();
      var tools = new LlvmTools(root.resolve("jtvmc-llvm-" + version(3)));
      Files.createDirectories(tools.folder);
      tools.link("libLLVM.so." + version(2), resource("libLLVM.so"));
      return tools;
    } catch (IOException e) {
      throw new CodegenException("LLVM's tools cannot be unpacked: " + e.getMessage(), e);
    }
  }

  /** Runs the linker for ELF. */
  public void lld(List<String> arguments) {
    try {
      run("ld.lld", program("ld.lld", "lld"), arguments);
    } catch (IOException e) {
      throw new CodegenException("lld cannot be unpacked: " + e.getMessage(), e);
    }
  }

  /**
   * Runs the C compiler with its own headers; where it links, with this package's linker.
   *
   * @return what it printed
   */
  public String clang(List<String> arguments) {
    try {
      link("libclang-cpp.so." + version(2), resource("libclang-cpp.so"));
      var clang = program("clang", "clang");
      var headers = resource("lib/clang/" + version(1) + "/include");
      return run(
          "clang",
          clang,
          List.of(
              "-resource-dir",
              headers.getParent().toString(),
              "--start-no-unused-arguments",
              "--ld-path=" + program("ld.lld", "lld"),
              "--end-no-unused-arguments"),
          arguments);
    } catch (IOException e) {
      throw new CodegenException("clang cannot be unpacked: " + e.getMessage(), e);
    }
  }

  /**
   * Runs another of the package's programs, such as {@code llvm-readobj}.
   *
   * @return what it printed
   */
  public String run(String tool, List<String> arguments) {
    try {
      return run(tool, program(tool, tool), arguments);
    } catch (IOException e) {
      throw new CodegenException(tool + " cannot be unpacked: " + e.getMessage(), e);
    }
  }

  @SafeVarargs
  private String run(String name, Path program, List<String>... arguments) {
    var command = new ArrayList<String>();
    command.add(program.toString());
    for (var part : arguments) {
      command.addAll(part);
    }
    var path = System.getenv("LD_LIBRARY_PATH");
    return new ToolProcess(name, command)
        .withEnvironment("LD_LIBRARY_PATH", path == null ? folder.toString() : folder + ":" + path)
        .run();
  }

  /** An executable of the package under the name by which it is called. */
  private Path program(String name, String file) throws IOException {
    var program = resource(file);
    if (!Files.isExecutable(program) && !program.toFile().setExecutable(true)) {
      throw new CodegenException("cannot make " + program + " executable");
    }
    return link(name, program);
  }

  /** A symbolic link in our folder, made atomically: several processes may be at it. */
  private Path link(String name, Path target) throws IOException {
    var link = folder.resolve(name);
    if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(target)) {
      return link;
    }
    var draft =
        folder.resolve(
            name + "." + ProcessHandle.current().pid() + "." + Thread.currentThread().threadId());
    try {
      Files.createSymbolicLink(draft, target);
    } catch (FileAlreadyExistsException e) {
      Files.delete(draft);
      Files.createSymbolicLink(draft, target);
    }
    return Files.move(
        draft, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static Path resource(String name) throws IOException {
    var file =
        Loader.cacheResource(LLVM.class, "/org/bytedeco/llvm/" + Loader.getPlatform() + "/" + name);
    if (file == null) {
      throw new CodegenException("the LLVM package does not contain " + name);
    }
    return file.toPath();
  }

  /** The first parts of LLVM's version. */
  private static String version(int parts) {
    var numbers = new int[3][1];
    LLVMGetVersion(numbers[0], numbers[1], numbers[2]);
    var text = new StringBuilder().append(numbers[0][0]);
    for (int i = 1; i < parts; i++) {
      text.append('.').append(numbers[i][0]);
    }
    return text.toString();
  }
}
