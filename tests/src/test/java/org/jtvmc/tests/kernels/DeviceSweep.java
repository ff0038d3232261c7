package org.jtvmc.tests.kernels;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.link.Ptxas;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.compiler.pipeline.DeviceResources;
import org.jtvmc.compiler.pipeline.KernelBinary;
import org.jtvmc.compiler.pipeline.KernelBuild;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.tests.device.EmulatedKernel;

/**
 * Compiles models for GPUs as {@code jtvmc compile} does, has every kernel assembled by {@code
 * ptxas} and emulated, and prints a table: {@code DeviceSweep FILE SECONDS MODEL...}.
 *
 * <p>What is found goes to the file, a line for each kernel. A later call goes on where this one
 * ran out of time, and emulates again only what has become other code.
 */
public final class DeviceSweep {
  private static final List<CudaTarget> DEVICES =
      List.of(
          CudaTarget.typical(80), CudaTarget.typical(90), CudaTarget.typical(90).mostSpecific());

  /** After as many accesses no further block of a kernel's last launch is begun. */
  private static final long MOST_ACCESSES = Long.getLong("jtvmc.sweep.accesses", 40_000_000);

  private final Path file;
  private final Instant end;
  private final Ptxas ptxas;
  private final ObjectMapper mapper = new ObjectMapper();

  /** What is known, by model, architecture and kernel. */
  private final Map<String, SweepRow> rows = new LinkedHashMap<>();

  private DeviceSweep(Path file, Duration time, Ptxas ptxas) {
    this.file = file;
    this.end = Instant.now().plus(time);
    this.ptxas = ptxas;
  }

  /** Ends with exit code 1 where something is wrong or was not reached. */
  public static void main(String[] arguments) throws IOException {
    Ptxas ptxas =
        Ptxas.find()
            .orElseThrow(
                () ->
                    new IllegalStateException("no ptxas is on the PATH; install the CUDA toolkit"));
    Duration time = Duration.ofSeconds(Long.parseLong(arguments[1]));
    DeviceSweep sweep = new DeviceSweep(Path.of(arguments[0]), time, ptxas);
    sweep.readFile();
    List<SweepRow> found = new ArrayList<>();
    boolean complete = true;
    try (AgainstCpu cpu = new AgainstCpu()) {
      for (String model : List.of(arguments).subList(2, arguments.length)) {
        if (Instant.now().isAfter(sweep.end)) {
          System.out.println("no time is left for " + model);
          complete = false;
          continue;
        }
        complete &= sweep.look(ZooVariant.of(model), cpu, found);
      }
    }
    System.out.println(SweepTable.of(found));
    if (!complete || !found.stream().allMatch(SweepRow::passes)) {
      System.exit(1);
    }
  }

  private void readFile() throws IOException {
    if (Files.exists(file)) {
      for (String line : Files.readAllLines(file)) {
        SweepRow row = mapper.readValue(line, SweepRow.class);
        rows.put(key(row.model(), row.arch(), row.kernel()), row);
      }
    }
  }

  private static String key(String model, String arch, String kernel) {
    return model + " " + arch + " " + kernel;
  }

  /**
   * Adds the rows of a model that are known now.
   *
   * @return whether all are
   */
  private boolean look(ZooVariant variant, AgainstCpu cpu, List<SweepRow> found)
      throws IOException {
    Map<String, AgainstCpu.Expected> expected = new HashMap<>();
    boolean complete = true;
    Map<CudaTarget, CompiledModel> models = new LinkedHashMap<>();
    for (CudaTarget device : DEVICES) {
      models.put(device, compile(variant, device));
    }
    int most = models.values().stream().mapToInt(model -> model.kernels().size()).max().orElse(0);
    // Kernel by kernel, so that what the CPU computes serves all architectures.
    for (int i = 0; i < most; i++) {
      for (Map.Entry<CudaTarget, CompiledModel> entry : models.entrySet()) {
        if (i < entry.getValue().kernels().size()) {
          complete &= look(variant, entry.getKey(), entry.getValue(), i, cpu, expected);
        }
      }
      expected.clear();
    }
    for (Map.Entry<CudaTarget, CompiledModel> entry : models.entrySet()) {
      for (KernelBuild kernel : entry.getValue().kernels()) {
        SweepRow row = rows.get(key(variant.text(), entry.getKey().name(), name(variant, kernel)));
        if (row != null && row.code().equals(digest(kernel))) {
          found.add(row);
        }
      }
    }
    return complete;
  }

  private CompiledModel compile(ZooVariant variant, CudaTarget target) throws IOException {
    Path weights = Files.createTempFile("sweep", ".weights");
    CompileListener listener =
        new CompileListener() {
          @Override
          public void problem(String sentence) {
            System.out.printf("%s, %s: %s%n", variant.text(), target.name(), sentence);
          }
        };
    try {
      return new ArtifactCompiler(HostCpu.detect().target(), listener)
          .kernels(variant.imported(), variant.options(target), weights);
    } finally {
      Files.deleteIfExists(weights);
    }
  }

  private static String name(ZooVariant variant, KernelBuild kernel) {
    return kernel.name().substring(variant.source().name().length() + 1);
  }

  private boolean look(
      ZooVariant variant,
      CudaTarget device,
      CompiledModel model,
      int index,
      AgainstCpu cpu,
      Map<String, AgainstCpu.Expected> expected)
      throws IOException {
    KernelBuild kernel = model.kernels().get(index);
    String code = digest(kernel);
    String key = key(variant.text(), device.name(), name(variant, kernel));
    SweepRow known = rows.get(key);
    if (known != null && known.code().equals(code) && known.passes()) {
      return true;
    }
    if (Instant.now().isAfter(end)) {
      return false;
    }
    SweepRow row = assemble(variant, device, kernel, model.uses(index), code);
    SweepRow alike =
        rows.values().stream()
            .filter(other -> other.code().equals(code) && other.passes())
            .findFirst()
            .orElse(null);
    if (alike != null) {
      row = emulated(row, "", alike.blocks(), alike.allBlocks());
    } else if (row.passes()) {
      row = emulate(row, kernel, device, cpu, expected);
    }
    rows.put(key, row);
    Files.writeString(
        file,
        mapper.writeValueAsString(row) + "\n",
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    return true;
  }

  private SweepRow assemble(
      ZooVariant variant, CudaTarget device, KernelBuild kernel, int uses, String code) {
    List<DeviceResources.Row> launches = List.of();
    String fault = "";
    try {
      launches = DeviceResources.rows(kernel, uses, device, ptxas);
    } catch (CodegenException e) {
      fault = e.getMessage();
    }
    return new SweepRow(
        variant.text(),
        device.name(),
        name(variant, kernel),
        uses,
        code,
        kernel.origin().toString(),
        launches.size(),
        launches.stream().mapToInt(launch -> launch.usage().registers()).max().orElse(-1),
        launches.stream().mapToInt(launch -> launch.usage().spilledBytes()).max().orElse(0),
        launches.stream().mapToInt(DeviceResources.Row::sharedBytes).max().orElse(0),
        launches.stream().mapToDouble(DeviceResources.Row::roofMs).max().orElse(0),
        launches.stream().mapToDouble(DeviceResources.Row::modelMs).max().orElse(0),
        fault,
        0,
        1);
  }

  private static SweepRow emulate(
      SweepRow row,
      KernelBuild kernel,
      CudaTarget device,
      AgainstCpu cpu,
      Map<String, AgainstCpu.Expected> expected) {
    Instant begin = Instant.now();
    SweepRow result;
    try {
      AgainstCpu.Expected right =
          expected.computeIfAbsent(
              kernel.dag().canonical().workloadHash(), _ -> cpu.expected(kernel.dag()));
      EmulatedKernel.Result ran =
          cpu.check(kernel.lowered(), kernel.dag(), device, right, MOST_ACCESSES);
      result = emulated(row, "", ran.blocks(), ran.allBlocks());
    } catch (AssertionError | RuntimeException e) {
      result = emulated(row, String.valueOf(e.getMessage()).lines().findFirst().orElse(""), 0, 1);
    }
    System.out.printf(
        "%s %s %s: %s, %d of %d blocks, %.1f s%n",
        result.model(),
        result.arch(),
        result.kernel(),
        result.passes() ? "right" : result.fault(),
        result.blocks(),
        result.allBlocks(),
        Duration.between(begin, Instant.now()).toMillis() / 1e3);
    return result;
  }

  private static SweepRow emulated(SweepRow row, String fault, long blocks, long allBlocks) {
    return new SweepRow(
        row.model(),
        row.arch(),
        row.kernel(),
        row.uses(),
        row.code(),
        row.origin(),
        row.launches(),
        row.registers(),
        row.spilledBytes(),
        row.sharedBytes(),
        row.roofMs(),
        row.modelMs(),
        fault,
        blocks,
        allBlocks);
  }

  private static String digest(KernelBuild kernel) {
    if (!(kernel.binary() instanceof KernelBinary.OfGpu(DeviceKernel device))) {
      throw new IllegalStateException(kernel.name() + " is not for a GPU");
    }
    String text = (device.ptx() + device.launches()).replace(kernel.name(), "kernel");
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
