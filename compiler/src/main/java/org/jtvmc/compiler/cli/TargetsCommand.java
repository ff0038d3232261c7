package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.SortedSet;
import org.jtvmc.compiler.target.CpuModels;
import org.jtvmc.compiler.target.DriverQuery;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import picocli.CommandLine.Command;

/** {@code targets}: this machine, and the processors known by name. */
@Command(name = "targets", description = "Lists the known targets and this machine's.")
final class TargetsCommand extends Verb {

  @Override
  public Integer call() {
    CpuTarget host = Machine.detect().host();
    CpuModels models = CpuModels.standard();
    if (!json()) {
      line("this machine: %s", host);
      line(
          "  %d-bit vectors; caches of %s, %s and %s",
          host.vectorBits(),
          Sizes.text(host.caches().l1()),
          Sizes.text(host.caches().l2()),
          Sizes.text(host.caches().l3()));
      new DriverQuery().device().ifPresent(gpu -> line("this machine's GPU: %s", gpu));
      line("known GPUs (cuda -arch=NAME): %s", String.join(", ", gpus()));
      line("known processors (llvm -mcpu=NAME): %s", String.join(", ", models.names()));
      return ExitCode.DONE;
    }
    ObjectNode document = object();
    ObjectNode here = document.putObject("host");
    here.put("target", host.toString());
    here.put("triple", host.triple());
    here.put("cpu", host.cpu());
    here.put("num_cores", host.cores());
    here.put("vector_bits", host.vectorBits());
    here.put("l1_bytes", host.caches().l1());
    here.put("l2_bytes", host.caches().l2());
    here.put("l3_bytes", host.caches().l3());
    features(here.putArray("features"), host.features());
    ArrayNode targets = document.putArray("targets");
    for (String name : models.names()) {
      ObjectNode entry = targets.addObject();
      entry.put("target", "llvm -mcpu=" + name);
      features(entry.putArray("features"), models.find(name).orElseThrow());
    }
    new DriverQuery().device().ifPresent(gpu -> document.put("gpu", gpu.toString()));
    gpus()
        .forEach(
            name ->
                targets
                    .addObject()
                    .put("target", "cuda -arch=" + name)
                    .putArray("features")
                    .add(name));
    print(document);
    return ExitCode.DONE;
  }

  private static List<String> gpus() {
    return CudaTarget.names();
  }

  private static void features(ArrayNode array, SortedSet<String> features) {
    features.forEach(array::add);
  }
}
