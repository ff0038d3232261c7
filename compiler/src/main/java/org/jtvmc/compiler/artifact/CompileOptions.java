package org.jtvmc.compiler.artifact;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.compiler.onnx.GivenShapes;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.passes.Precision;
import org.jtvmc.compiler.pipeline.ScheduleSource;
import org.jtvmc.ir.target.Target;

/**
 * How a model is compiled.
 *
 * @param name with which the library's functions begin: a C identifier
 * @param shapes of the inputs; those that are not named keep the model's
 * @param specialized shapes that get code of their own, where sizes are open
 * @param disabledPasses names of graph passes that are left out
 * @param enabledPasses names of graph passes that run too, of {@link GraphPipeline#OPTIONAL}
 * @param externalWeights whether the weights go to a file of their own
 * @param parts what is written
 * @param precision in which weights and activations are stored
 */
public record CompileOptions(
    String name,
    GivenShapes shapes,
    List<Map<String, List<Long>>> specialized,
    Target target,
    ScheduleSource schedules,
    List<String> disabledPasses,
    List<String> enabledPasses,
    boolean externalWeights,
    Set<Part> parts,
    Precision precision) {

  /** The passes that run by default, or fewer. */
  public CompileOptions(
      String name,
      GivenShapes shapes,
      List<Map<String, List<Long>>> specialized,
      Target target,
      ScheduleSource schedules,
      List<String> disabledPasses,
      boolean externalWeights,
      Set<Part> parts,
      Precision precision) {
    this(
        name,
        shapes,
        specialized,
        target,
        schedules,
        disabledPasses,
        List.of(),
        externalWeights,
        parts,
        precision);
  }

  /** Known sizes. */
  public CompileOptions(
      String name,
      Map<String, List<Long>> inputShapes,
      Target target,
      ScheduleSource schedules,
      List<String> disabledPasses,
      boolean externalWeights,
      Set<Part> parts,
      Precision precision) {
    this(
        name,
        GivenShapes.of(inputShapes),
        List.of(),
        target,
        schedules,
        disabledPasses,
        externalWeights,
        parts,
        precision);
  }

  /** The precision that the model itself has. */
  public CompileOptions(
      String name,
      Map<String, List<Long>> inputShapes,
      Target target,
      ScheduleSource schedules,
      List<String> disabledPasses,
      boolean externalWeights,
      Set<Part> parts) {
    this(
        name,
        inputShapes,
        target,
        schedules,
        disabledPasses,
        externalWeights,
        parts,
        Precision.FP32);
  }

  /** What an artifact consists of. */
  public enum Part {
    LIB,
    HEADER,
    /** The file of the weights, where they are not in the library. */
    WEIGHTS,
    /** The code of each kernel: an object file, or PTX. */
    OBJ;

    /** What is written where the user does not say. */
    public static Set<Part> usual() {
      return EnumSet.of(LIB, HEADER, WEIGHTS);
    }
  }

  /** The same, stored in another precision. */
  public CompileOptions withPrecision(Precision other) {
    return new CompileOptions(
        name,
        shapes,
        specialized,
        target,
        schedules,
        disabledPasses,
        enabledPasses,
        externalWeights,
        parts,
        other);
  }

  /** The same with passes that do not run by default. */
  public CompileOptions withEnabledPasses(List<String> names) {
    return new CompileOptions(
        name,
        shapes,
        specialized,
        target,
        schedules,
        disabledPasses,
        names,
        externalWeights,
        parts,
        precision);
  }

  public CompileOptions {
    specialized = List.copyOf(specialized);
    disabledPasses = List.copyOf(disabledPasses);
    enabledPasses = List.copyOf(enabledPasses);
    parts = Set.copyOf(parts);
  }
}
