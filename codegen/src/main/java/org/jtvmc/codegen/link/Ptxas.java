package org.jtvmc.codegen.link;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.cuda.Assembler;
import org.jtvmc.codegen.cuda.Cubin;
import org.jtvmc.ir.target.CudaTarget;

/** The assembler of the CUDA toolkit, where one is installed. */
public record Ptxas(Path program) implements Assembler {

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

  @Override
  public Cubin assemble(String ptx, CudaTarget target) {
    if (!knows(target)) {
      return Cubin.NONE;
    }
    try {
      Path source = Files.createTempFile("kernel", ".ptx");
      Path cubin = Files.createTempFile("kernel", ".cubin");
      try {
        Files.writeString(source, ptx);
        new ToolProcess(
                "ptxas",
                List.of(
                    program.toString(),
                    "--gpu-name=" + target.name(),
                    "--output-file",
                    cubin.toString(),
                    source.toString()))
            .run();
        return new Cubin(Files.readAllBytes(cubin));
      } finally {
        Files.deleteIfExists(source);
        Files.deleteIfExists(cubin);
      }
    } catch (IOException e) {
      throw new CodegenException("PTX cannot be assembled: " + e.getMessage(), e);
    }
  }
}
