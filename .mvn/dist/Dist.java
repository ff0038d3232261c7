import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes.Name;
import java.util.jar.JarFile;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Packs the command line, a Java run-time image and the native libraries that are used into one
 * archive that needs neither a JDK nor Maven: {@code jtvmc-<version>-linux-x86_64.tar.gz}.
 *
 * <p>Run by the compiler module's pom ({@code mvn -Pdist package}) on the toolchain's JDK.
 *
 * <p>Arguments: the project's root folder, the compiler module's build folder (with {@code
 * jtvmc.jar} and {@code lib}), the version, and, where it is not the usual one, how many bytes the
 * archive may have. One that is larger is not left behind, and fails the build.
 */
final class Dist {

  /** What an archive may be, in bytes. */
  private static final long MOST_BYTES = 120_000_000;

  /** How many of its files are named where it is larger. */
  private static final int NAMED = 5;

  /**
   * What the program and its libraries use. Not asked of jdeps: their optional parts also name the
   * desktop and databases.
   */
  private static final String MODULES =
      "java.base,java.logging,java.management,java.naming,java.security.jgss,java.xml,jdk.crypto.ec,"
          + "jdk.unsupported,jdk.zipfs";

  /**
   * Jars with native files, by the beginning of their names, and what of those is used. Of LLVM:
   * the library, its JNI half with what that is linked against, and the linker (clang only builds
   * the runtime, which is done).
   */
  private static final Map<String, List<String>> NATIVES =
      Map.of(
          "llvm-",
          List.of(
              "org/bytedeco/llvm/linux-x86_64/libLLVM.so",
              "org/bytedeco/llvm/linux-x86_64/libLTO.so",
              "org/bytedeco/llvm/linux-x86_64/libRemarks.so",
              "org/bytedeco/llvm/linux-x86_64/libjniLLVM.so",
              "org/bytedeco/llvm/linux-x86_64/lld"),
          "onnxruntime-",
          List.of("ai/onnxruntime/native/linux-x64/libonnxruntime"),
          "xgboost4j_",
          List.of("lib/linux/x86_64/"));

  /** Native files and what only compilers of C read: dropped unless named above. */
  private static final List<String> DROPPED =
      List.of("org/bytedeco/llvm/linux-x86_64/", "ai/onnxruntime/native/", "lib/");

  private Dist() {}

  public static void main(String[] arguments) throws IOException {
    Path root = Path.of(arguments[0]);
    Path build = Path.of(arguments[1]);
    String name = "jtvmc-" + arguments[2] + "-linux-x86_64";
    Path folder = build.resolve("dist").resolve(name);
    delete(folder.getParent());
    Files.createDirectories(folder.resolve("lib"));
    Files.copy(root.resolve("LICENSE"), folder.resolve("LICENSE"));
    copyJars(build, folder.resolve("lib"));
    runtimeImage(folder.resolve("jre"));
    Path launcher = Files.createDirectories(folder.resolve("bin")).resolve("jtvmc");
    Files.copy(root.resolve(".mvn/dist/jtvmc"), launcher);
    if (!launcher.toFile().setExecutable(true)) {
      throw new IOException(launcher + " cannot be made executable");
    }
    Path archive = build.resolve(name + ".tar.gz");
    pack(folder, archive);
    long bytes = Files.size(archive);
    long most = arguments.length > 3 ? Long.parseLong(arguments[3]) : MOST_BYTES;
    if (bytes > most) {
      Files.delete(archive);
      System.err.printf(
          "The distribution has %.1f MB, and %.1f are allowed: leave out what it does not need"
              + " (.mvn/dist/Dist.java). The largest files, before compression: %s%n",
          bytes / 1e6, most / 1e6, largest(folder));
      System.exit(1);
    }
    System.out.printf("%s: %.1f MB%n", archive, bytes / 1e6);
  }

  private static String largest(Path folder) throws IOException {
    record Entry(Path file, long bytes) {}
    List<Entry> entries = new ArrayList<>();
    for (Path file : files(folder)) {
      entries.add(new Entry(folder.relativize(file), Files.size(file)));
    }
    return entries.stream()
        .sorted(Comparator.comparingLong(Entry::bytes).reversed())
        .limit(NAMED)
        .map(entry -> "%s %.1f MB".formatted(entry.file(), entry.bytes() / 1e6))
        .collect(Collectors.joining(", "));
  }

  private static void copyJars(Path build, Path to) throws IOException {
    Files.copy(build.resolve("jtvmc.jar"), to.resolve("jtvmc.jar"));
    // What the jar names: the folder may still have the libraries of an earlier build.
    try (JarFile jar = new JarFile(build.resolve("jtvmc.jar").toFile())) {
      String libraries = jar.getManifest().getMainAttributes().getValue(Name.CLASS_PATH);
      for (String library : libraries.split(" ")) {
        Path file = build.resolve(library);
        repack(file, to.resolve(file.getFileName()));
      }
    }
  }

  /** Copies a jar without what is not used, and not compressed: the archive is compressed whole. */
  private static void repack(Path jar, Path to) throws IOException {
    List<String> kept =
        NATIVES.entrySet().stream()
            .filter(entry -> jar.getFileName().toString().startsWith(entry.getKey()))
            .findFirst()
            .map(Map.Entry::getValue)
            .orElse(List.of());
    try (ZipFile in = new ZipFile(jar.toFile());
        ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(to))) {
      for (ZipEntry entry : in.stream().map(ZipEntry.class::cast).toList()) {
        String name = entry.getName();
        boolean dropped = !kept.isEmpty() && DROPPED.stream().anyMatch(name::startsWith);
        if (!entry.isDirectory() && (!dropped || kept.stream().anyMatch(name::startsWith))) {
          byte[] bytes = in.getInputStream(entry).readAllBytes();
          ZipEntry stored = new ZipEntry(name);
          stored.setMethod(ZipEntry.STORED);
          stored.setTime(entry.getTime());
          stored.setSize(bytes.length);
          CRC32 checksum = new CRC32();
          checksum.update(bytes);
          stored.setCrc(checksum.getValue());
          out.putNextEntry(stored);
          out.write(bytes);
          out.closeEntry();
        }
      }
    }
  }

  private static void runtimeImage(Path to) {
    StringWriter output = new StringWriter();
    PrintWriter writer = new PrintWriter(output);
    int code =
        ToolProvider.findFirst("jlink")
            .orElseThrow(() -> new IllegalStateException("the JDK has no jlink"))
            .run(
                writer,
                writer,
                "--add-modules",
                MODULES,
                "--strip-java-debug-attributes",
                "--no-header-files",
                "--no-man-pages",
                "--compress",
                "zip-0",
                "--output",
                to.toString());
    if (code != 0) {
      throw new IllegalStateException("jlink failed: " + output);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  // ---- The archive ----

  private static void pack(Path folder, Path archive) throws IOException {
    Path draft = archive.resolveSibling(archive.getFileName() + ".part");
    try (OutputStream out =
        new GZIPOutputStream(new BufferedOutputStream(Files.newOutputStream(draft), 1 << 16)) {
          {
            def.setLevel(Deflater.BEST_COMPRESSION);
          }
        }) {
      for (Path file : files(folder)) {
        out.write(header(folder, file));
        Files.copy(file, out);
        out.write(new byte[(int) (-Files.size(file) & 511)]);
      }
      out.write(new byte[1024]);
    }
    Files.move(draft, archive, StandardCopyOption.REPLACE_EXISTING);
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /**
   * A header of POSIX's ustar format; no owner and no time, so that equal files give equal bytes.
   */
  private static byte[] header(Path folder, Path file) throws IOException {
    byte[] header = new byte[512];
    put(header, 0, path(folder, file, 0));
    put(header, 345, path(folder, file, 1));
    put(header, 100, Files.isExecutable(file) ? "0000755" : "0000644");
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    put(header, 124, "%011o".formatted(Files.size(file)));
    put(header, 136, "%011o".formatted(1_767_225_600L));
    put(header, 148, "        ");
    header[156] = '0';
    put(header, 257, "ustar");
    put(header, 263, "00");
    int sum = 0;
    for (byte b : header) {
      sum += Byte.toUnsignedInt(b);
    }
    put(header, 148, "%06o\0 ".formatted(sum));
    return header;
  }

  /**
   * The name below the archive's own folder (part 0) or, where that is too long, what precedes it.
   */
  private static String path(Path folder, Path file, int part) throws IOException {
    String whole = folder.getParent().relativize(file).toString();
    if (whole.length() <= 100) {
      return part == 0 ? whole : "";
    }
    int slash = whole.indexOf('/', whole.length() - 101);
    if (slash < 0 || slash > 155) {
      throw new IOException("the name is too long for an archive: " + whole);
    }
    return part == 0 ? whole.substring(slash + 1) : whole.substring(0, slash);
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }
}
