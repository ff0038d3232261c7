package org.jtvmc.compiler.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.link.Ptxas;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Occupancy;
import org.jtvmc.schedule.LeastTraffic;
import org.jtvmc.tuner.draft.DraftModel;
import org.jtvmc.tuner.feature.LoopAnalysis;

/**
 * What the kernels of a model take of a GPU, found without one: registers, spills and shared memory
 * from the assembler, occupancy by arithmetic, times from the model of the device.
 *
 * @param rows one for each launch, in the order of the kernels
 */
public record DeviceResources(CudaTarget target, List<Row> rows) {
  /** With how many factors in a row of 32 bytes tensor cores multiply. */
  private static final Pattern CORE_PRODUCTS =
      Pattern.compile("mma(?:\\.sync\\S*\\.m16n8|_async\\S*\\.m64n\\d+)k(\\d+)\\.");

  private static final int ROW_BYTES = 32;

  /**
   * One launch.
   *
   * @param uses how often a run makes it
   * @param roofMs the least time of the whole kernel: its operations at the peak of the
   *     multiply-add units, or of the tensor cores where these multiply, or its inputs and outputs
   *     at the bandwidth of device memory; milliseconds
   * @param modelMs what the model of the device estimates for the whole kernel
   */
  public record Row(
      String entry,
      int uses,
      Launch launch,
      Ptxas.Usage usage,
      Occupancy occupancy,
      double roofMs,
      double modelMs) {

    /** Shared memory of a block, in bytes. */
    public int sharedBytes() {
      return usage.sharedBytes() + launch.sharedBytes();
    }
  }

  public DeviceResources {
    rows = List.copyOf(rows);
  }

  /** Assembles every kernel of a model for a GPU. */
  public static DeviceResources of(CompiledModel model, CudaTarget target, Ptxas ptxas) {
    List<Row> rows =
        IntStream.range(0, model.kernels().size())
            .parallel()
            .mapToObj(i -> rows(model.kernels().get(i), model.uses(i), target, ptxas))
            .flatMap(List::stream)
            .toList();
    return new DeviceResources(target, rows);
  }

  /** Assembles one kernel: a row for each launch. */
  public static List<Row> rows(KernelBuild kernel, int uses, CudaTarget target, Ptxas ptxas) {
    if (!(kernel.binary() instanceof KernelBinary.OfGpu(DeviceKernel device))) {
      return List.of();
    }
    Map<String, Ptxas.Usage> usages = ptxas.usage(device.ptx(), target);
    double roofMs = roofMs(kernel, device, target);
    double modelMs = DraftModel.of(target).estimateMs(LoopAnalysis.of(kernel.lowered().func()));
    List<Row> rows = new ArrayList<>();
    for (Launch launch : device.launches()) {
      Ptxas.Usage usage = usages.get(launch.entry());
      Occupancy occupancy =
          Occupancy.of(
              target,
              Math.toIntExact(launch.block().count()),
              usage.registers(),
              usage.sharedBytes() + launch.sharedBytes());
      rows.add(new Row(launch.entry(), uses, launch, usage, occupancy, roofMs, modelMs));
    }
    return rows;
  }

  private static double roofMs(KernelBuild kernel, DeviceKernel device, CudaTarget target) {
    double bytes = LeastTraffic.bytes(kernel.dag().canonical());
    Matcher products = CORE_PRODUCTS.matcher(device.ptx());
    double perCycle =
        products.find()
            ? target.coreProductsPerCycle(ROW_BYTES / Integer.parseInt(products.group(1)))
            : target.fmaPerCycle();
    double peak = 2 * perCycle * target.multiprocessors() * target.clockHertz();
    return Math.max(kernel.dag().flops() / peak, bytes / target.bandwidthBytes()) * 1e3;
  }

  /** A table in Markdown. */
  public String table() {
    StringBuilder text = new StringBuilder();
    text.append("| kernel | uses | blocks | threads | registers | spilled bytes | shared bytes ");
    text.append("| occupancy | roof, ms | model, ms | share of the roof |\n");
    text.append("| --- |").append(" ---: |".repeat(10)).append('\n');
    for (Row row : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              "| %s | %d | %d | %d | %d | %d | %d | %.2f | %.4f | %.4f | %.2f |%n",
              row.entry(),
              row.uses(),
              row.launch().grid().count(),
              row.launch().block().count(),
              row.usage().registers(),
              row.usage().spilledBytes(),
              row.sharedBytes(),
              row.occupancy().share(),
              row.roofMs(),
              row.modelMs(),
              row.roofMs() / row.modelMs()));
    }
    return text.toString();
  }
}
