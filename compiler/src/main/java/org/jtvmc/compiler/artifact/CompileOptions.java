package org.jtvmc.compiler.artifact;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jtvmc.compiler.onnx.GivenShapes;
import org.jtvmc.compiler.passes.Precision;
import org.jtvmc.compiler.pipeline.ScheduleSource;
import org.jtvmc.ir.target.Target;

/**
 * How a model is compiled; made by a {@link #builder}.
 *
 * @param name with which the library's functions begin: a C identifier
 * @param shapes of the inputs; those that are not named keep the model's
 * @param specialized shapes that get code of their own, where sizes are open
 * @param disabledPasses names of graph passes that are left out
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
    boolean externalWeights,
    Set<Part> parts,
    Precision precision) {

  /** What an artifact consists of. */
  public enum Part {
    LIB,
    HEADER,
    /** The file of the weights, where they are not in the library. */
    WEIGHTS,
    /** The code of each kernel: an object file, or PTX. */
    OBJ;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** What is written where the user does not say. */
    public static Set<Part> usual() {
      return EnumSet.of(LIB, HEADER, WEIGHTS);
    }
  }

  public CompileOptions {
    specialized = List.copyOf(specialized);
    disabledPasses = List.copyOf(disabledPasses);
    parts = Set.copyOf(parts);
  }

  /**
   * The shapes, weights' place and precision that the model itself has, all passes, the default
   * schedules and the usual parts, but for what is said.
   */
  public static Builder builder(String name, Target target) {
    return new Builder(name, target);
  }

  /** Says one thing after the other. */
  public static final class Builder {
    private final String name;
    private final Target target;
    private GivenShapes shapes = GivenShapes.of(Map.of());
    private List<Map<String, List<Long>>> specialized = List.of();
    private ScheduleSource schedules = ScheduleSource.NONE;
    private List<String> disabledPasses = List.of();
    private boolean externalWeights;
    private Set<Part> parts = Part.usual();
    private Precision precision = Precision.FP32;

    private Builder(String name, Target target) {
      this.name = name;
      this.target = target;
    }

    public Builder shapes(GivenShapes given) {
      shapes = given;
      return this;
    }

    public Builder specialized(List<Map<String, List<Long>>> inputShapes) {
      specialized = inputShapes;
      return this;
    }

    public Builder schedules(ScheduleSource source) {
      schedules = source;
      return this;
    }

    public Builder withoutPasses(List<String> names) {
      disabledPasses = names;
      return this;
    }

    public Builder externalWeights(boolean external) {
      externalWeights = external;
      return this;
    }

    public Builder parts(Set<Part> wanted) {
      parts = wanted;
      return this;
    }

    public Builder precision(Precision stored) {
      precision = stored;
      return this;
    }

    public CompileOptions build() {
      return new CompileOptions(
          name,
          shapes,
          specialized,
          target,
          schedules,
          disabledPasses,
          externalWeights,
          parts,
          precision);
    }
  }
}
