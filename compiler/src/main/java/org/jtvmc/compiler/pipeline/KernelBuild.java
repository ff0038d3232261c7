package org.jtvmc.compiler.pipeline;

import java.util.List;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.step.Step;

/**
 * A kernel, scheduled and compiled.
 *
 * @param name its symbol
 * @param origin where its schedule comes from
 * @param binary its code
 */
public record KernelBuild(
    String name,
    ComputeDag dag,
    Origin origin,
    List<Step> steps,
    LoweredKernel lowered,
    KernelBinary binary) {

  /** Where a schedule comes from. */
  public enum Origin {
    /** Measured by the tuner. */
    TUNED,
    /** The favourite of a model that was trained in advance; not measured. */
    PREDICTED,
    /** The rules' own choice. */
    DEFAULT,
    /** The plain loops: the rules' choice could not be compiled. */
    UNSCHEDULED
  }

  public KernelBuild {
    steps = List.copyOf(steps);
  }

  /** Bytes that it needs beside its inputs and outputs, in terms of its sizes. */
  public Dim workspace() {
    return binary.workspace();
  }
}
