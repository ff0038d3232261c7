package org.jtvmc.codegen.link;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.cuda.Assembler;
import org.jtvmc.codegen.cuda.Cubin;
import org.jtvmc.ir.file.TemporaryFolder;
import org.jtvmc.ir.target.CudaTarget;

/** The assembler of the CUDA toolkit, where one is installed. */
public record Ptxas(Path program) implements Assembler {

  private static final Pattern ENTRY = Pattern.compile("Compiling entry function '([^']+)'");
  private static final Pattern SPILLS = Pattern.compile("(\\d+) bytes spill stores");
  private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");
  private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

  private static final Pattern REMARK = Pattern.compile("\\(C\\d{4}\\)");

  private static final Path USUAL = Path.of("/usr/local/cuda/bin/ptxas");

  /** The one on the PATH, or in the toolkit's usual folder. */
  public static Optional<Ptxas> find() {
    Stream<Path> onPath =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
            .filter(folder -> !folder.isEmpty())
            .map(folder -> Path.of(folder, "ptxas"));
    return Stream.concat(onPath, Stream.of(USUAL))
        .filter(Files::isExecutable)
        .findFirst()
        .map(Ptxas::new);
  }

  /** Its own words about its version: the last line but one. */
  public String version() {
    return new ToolProcess("ptxas", List.of(program.toString(), "--version"))
        .run()
        .lines()
        .filter(line -> line.contains("release"))
        .findFirst()
        .map(String::strip)
        .orElse("");
  }

  /** Whether it assembles for an architecture: an old one does not know the newest, and back. */
  public boolean knows(CudaTarget target) {
    return new ToolProcess("ptxas", List.of(program.toString(), "--help"))
        .run()
        .contains("'" + target.name() + "'");
  }

  /**
   * What an entry takes of the device.
   *
   * @param registers of a thread
   * @param spilledBytes of a thread, that did not fit the registers
   * @param sharedBytes of a block, beside what a launch gives
   */
  public record Usage(int registers, int spilledBytes, int sharedBytes) {}

  /**
   * Assembles {@code ptx} and tells what each of its entries takes.
   *
   * @throws CodegenException where it is not accepted, or this ptxas does not know the target
   */
  public Map<String, Usage> usage(String ptx, CudaTarget target) {
    return usages(run(ptx, target, List.of("--verbose"), _ -> {}));
  }

  /**
   * What it tells of code that it had to change, such as waiting that it added because registers
   * are used while products change them: lines with a number of the form {@code (C7517)}.
   *
   * @throws CodegenException where {@code ptx} is not accepted
   */
  public List<String> remarks(String ptx, CudaTarget target) {
    return run(ptx, target, List.of("--verbose"), _ -> {})
        .lines()
        .filter(line -> REMARK.matcher(line).find())
        .toList();
  }

  private static Map<String, Usage> usages(String text) {
    Map<String, Usage> usages = new LinkedHashMap<>();
    String entry = "";
    int spilled = 0;
    for (String line : text.lines().toList()) {
      Matcher name = ENTRY.matcher(line);
      if (name.find()) {
        entry = name.group(1);
        spilled = 0;
      }
      spilled = Math.max(spilled, number(SPILLS, line));
      if (REGISTERS.matcher(line).find()) {
        usages.put(entry, new Usage(number(REGISTERS, line), spilled, number(SHARED, line)));
      }
    }
    return usages;
  }

  private static int number(Pattern pattern, String line) {
    Matcher matcher = pattern.matcher(line);
    return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
  }

  @Override
  public Cubin assemble(String ptx, CudaTarget target) {
    Cubin[] made = new Cubin[1];
    run(ptx, target, List.of(), cubin -> made[0] = new Cubin(cubin));
    return made[0];
  }

  private String run(
      String ptx, CudaTarget target, List<String> options, Consumer<byte[]> assembled) {
    try (TemporaryFolder folder = TemporaryFolder.create()) {
      Path source = Files.writeString(folder.resolve("kernel.ptx"), ptx);
      Path cubin = folder.resolve("kernel.cubin");
      List<String> command = new ArrayList<>(List.of(program.toString()));
      command.addAll(options);
      command.addAll(
          List.of(
              "--gpu-name=" + target.name(), "--output-file", cubin.toString(), source.toString()));
      String text = new ToolProcess("ptxas", command).run();
      assembled.accept(Files.readAllBytes(cubin));
      return text;
    } catch (IOException e) {
      throw new CodegenException("PTX cannot be assembled: " + e.getMessage(), e);
    }
  }
}
