package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jtvmc.codegen.driver.CudaDriver;
import org.jtvmc.codegen.driver.CudaUnavailableException;
import org.jtvmc.codegen.driver.DeviceClocks;
import org.jtvmc.codegen.driver.DeviceProperties;
import org.jtvmc.codegen.link.LlvmTools;
import org.jtvmc.codegen.link.Ptxas;
import org.jtvmc.compiler.CompilerVersion;
import picocli.CommandLine.Command;

/** {@code doctor}: what is here, and what each missing thing would give. */
@Command(name = "doctor", description = "Says what is present, and what each missing thing gives.")
final class DoctorCommand extends Verb {

  /**
   * One thing.
   *
   * @param found what it is; empty where it is missing
   * @param reason why it is missing, where that is known; else empty
   * @param gives what it is good for
   * @param required whether nothing works without it
   */
  private record Finding(String name, String found, String reason, String gives, boolean required) {
    boolean present() {
      return !found.isEmpty();
    }
  }

  @Override
  public Integer call() {
    List<Finding> findings = new ArrayList<>();
    findings.add(new Finding("jtvmc", CompilerVersion.current(), "", "this program", true));
    findings.add(
        new Finding(
            "jdk",
            Runtime.version() + " at " + System.getProperty("java.home"),
            "",
            "runs this program",
            true));
    findings.add(check("llvm", "compiles kernels", true, () -> Machine.detect().host().toString()));
    findings.add(check("lld", "links libraries", true, DoctorCommand::linker));
    findings.add(
        check("gpu", "compiling for and running on NVIDIA GPUs", false, DoctorCommand::gpu));
    findings.add(
        check("cuda driver", "running kernels on NVIDIA GPUs", false, DoctorCommand::cudaDriver));
    findings.add(clocks());
    findings.add(
        check(
            "ptxas",
            "GPU code assembled and checked when it is compiled",
            false,
            DoctorCommand::ptxas));
    findings.add(check("cc", "building C programs that use a library", false, () -> onPath("cc")));
    boolean ok = findings.stream().allMatch(finding -> finding.present() || !finding.required());
    report(findings, ok);
    return ok ? ExitCode.DONE : ExitCode.NO_DEVICE;
  }

  private Finding check(String name, String gives, boolean required, Callable<String> look) {
    try {
      return new Finding(name, look.call(), "", gives, required);
    } catch (CudaUnavailableException e) {
      return new Finding(name, "", e.getMessage(), gives, required);
    } catch (Exception | LinkageError e) {
      detail("%s: %s", name, e);
      return new Finding(name, "", "", gives, required);
    }
  }

  private static String linker() {
    LlvmTools tools = LlvmTools.open();
    tools.lld(List.of("--version"));
    return "the LLVM package's";
  }

  private static String gpu() {
    try (CudaDriver driver = CudaDriver.open()) {
      DeviceProperties device = driver.device(0).properties();
      return "%s (%s, %d SMs, %s)"
          .formatted(
              device.name(),
              device.arch(),
              device.multiprocessors(),
              Sizes.text(device.memoryBytes()));
    }
  }

  private static String cudaDriver() {
    try (CudaDriver driver = CudaDriver.open()) {
      return "supports CUDA " + driver.versionText();
    }
  }

  private static Finding clocks() {
    String name = "gpu clocks";
    String gives = "records of tuning that note at which clock a GPU ran";
    try (CudaDriver driver = CudaDriver.open();
        DeviceClocks clocks = DeviceClocks.of(driver.device(0))) {
      return new Finding(
          name,
          clocks.read().map(DoctorCommand::shown).orElse(""),
          clocks.problem().orElse(""),
          gives,
          false);
    } catch (CudaUnavailableException e) {
      return new Finding(name, "", e.getMessage(), gives, false);
    }
  }

  private static String shown(DeviceClocks.Reading reading) {
    return "%d MHz%s%s"
        .formatted(
            reading.multiprocessorMhz(),
            reading.memoryMhz().map(mhz -> ", of the memory %d MHz".formatted(mhz)).orElse(""),
            reading.heldDown() ? ", held down by heat or the supply of power" : "");
  }

  private static String ptxas() {
    return Ptxas.find().map(found -> found.program().toString()).orElse("");
  }

  private static String onPath(String program) {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
      Path candidate = Path.of(folder, program);
      if (Files.isExecutable(candidate)) {
        return candidate.toString();
      }
    }
    return "";
  }

  private void report(List<Finding> findings, boolean ok) {
    ObjectNode document = object();
    document.put("ok", ok);
    ArrayNode list = document.putArray("findings");
    for (Finding finding : findings) {
      ObjectNode entry = list.addObject();
      entry.put("name", finding.name);
      entry.put("present", finding.present());
      entry.put("required", finding.required);
      entry.put("found", finding.found);
      entry.put("reason", finding.reason);
      entry.put("gives", finding.gives);
      if (!json()) {
        line(
            "%-12s %s",
            finding.name,
            finding.present()
                ? finding.found
                : "missing%s; it would give: %s"
                    .formatted(
                        finding.reason.isEmpty() ? "" : " (" + finding.reason + ")",
                        finding.gives));
      }
    }
    if (json()) {
      print(document);
    }
  }
}
