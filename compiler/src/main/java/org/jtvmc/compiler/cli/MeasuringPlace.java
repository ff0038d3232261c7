package org.jtvmc.compiler.cli;

import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.driver.CudaDriver;
import org.jtvmc.codegen.driver.DeviceClocks;
import org.jtvmc.compiler.target.DriverQuery;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.tuner.measure.worker.WorkerLaunch;
import org.jtvmc.tuner.measure.worker.WorkerOptions;
import org.jtvmc.tuner.measure.worker.WorkerTarget;
import org.jtvmc.tuner.session.LocalWorkbench;
import org.jtvmc.tuner.session.Workbench;

/**
 * Where the candidates for a target are measured.
 *
 * @param measured false for a GPU that is not here: candidates are built and ranked by estimates
 */
record MeasuringPlace(Target target, CpuTarget host, boolean measured) {

  /**
   * The place for a target.
   *
   * @throws org.jtvmc.compiler.target.TargetException where it is a CPU whose code this machine
   *     does not run
   */
  static MeasuringPlace of(Target target, Machine machine) {
    return switch (target) {
      case CpuTarget cpu -> new MeasuringPlace(machine.measurable(cpu), machine.host(), true);
      case CudaTarget gpu ->
          new MeasuringPlace(
              gpu,
              machine.host(),
              new DriverQuery().device().filter(here -> here.arch() == gpu.arch()).isPresent());
    };
  }

  /** Why records will not note at which clock a GPU ran, where they will not. */
  Optional<String> withoutClocks() {
    if (target instanceof CpuTarget || !measured) {
      return Optional.empty();
    }
    try (CudaDriver driver = CudaDriver.open();
        DeviceClocks clocks = DeviceClocks.of(driver.device(0))) {
      return clocks.problem();
    }
  }

  /** A short name of the target, for the name of a file. */
  String fileName() {
    return switch (target) {
      case CpuTarget cpu -> cpu.kind() + "-" + cpu.cpu();
      case CudaTarget gpu -> gpu.kind() + "-" + gpu.name();
    };
  }

  /**
   * What a session tunes with.
   *
   * @param flush whether a GPU's L2 cache is emptied before each timed run
   * @param inNetwork whether a CPU's kernels are timed with the caches as they find them in a
   *     network
   * @param launch a process started before, to measure in; closed by the caller
   * @param rules that span the space
   */
  Workbench workbench(
      WorkerOptions options,
      Optional<WorkerLaunch> launch,
      boolean flush,
      boolean inNetwork,
      List<SketchRule> rules) {
    return switch (target) {
      case CpuTarget cpu ->
          new LocalWorkbench(
              inNetwork ? WorkerTarget.inNetwork(cpu) : WorkerTarget.of(cpu),
              options,
              launch,
              rules);
      case CudaTarget gpu ->
          new LocalWorkbench(WorkerTarget.of(gpu, host, flush), options, launch, measured, rules);
    };
  }
}
