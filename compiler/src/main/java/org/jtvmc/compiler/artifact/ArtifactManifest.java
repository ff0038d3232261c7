package org.jtvmc.compiler.artifact;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.library.KernelCall;
import org.jtvmc.compiler.onnx.GivenShapes;
import org.jtvmc.compiler.passes.Precision;

/**
 * The file {@code <name>.json} of an artifact.
 *
 * @param format the version of this form
 * @param name with which the library's functions begin
 * @param compiler the version that made it
 * @param target the target string
 * @param cpuFeatures LLVM's names of the features that it was compiled for
 * @param numThreads the threads that the schedules are for
 * @param kernels each once
 * @param calls what one run does, in order
 * @param launches of a model for GPUs: for every kernel the launches that a call of it makes
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ArtifactManifest(
    int format,
    String name,
    String compiler,
    String target,
    List<String> cpuFeatures,
    int numThreads,
    Source source,
    List<TensorEntry> inputs,
    List<TensorEntry> outputs,
    Weights weights,
    MemoryEntry memory,
    List<Kernel> kernels,
    List<KernelCallEntry> calls,
    List<LaunchEntry> launches) {

  static final int FORMAT = 1;

  /**
   * The model that was compiled.
   *
   * @param reference {@code zoo:NAME} or an absolute path
   * @param sha256 of its file, in hexadecimal
   * @param inputShapes that the user gave
   * @param precision in which weights and activations are stored
   * @param openShapes by input, where the user has left sizes open: all that he gave, as text
   * @param specialized shapes that have code of their own; where sizes are open
   * @param inputValues numbers that inputs must hold in every run, by input; where the library was
   *     compiled for them
   * @param disabledPasses names of graph passes that were left out
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Source(
      String reference,
      String sha256,
      Map<String, List<Long>> inputShapes,
      Precision precision,
      Map<String, List<String>> openShapes,
      List<Map<String, List<Long>>> specialized,
      Map<String, List<Double>> inputValues,
      List<String> disabledPasses) {

    /** What the user said of shapes. */
    @JsonIgnore
    public GivenShapes shapes() {
      return openShapes == null ? GivenShapes.of(inputShapes) : GivenShapes.parse(openShapes);
    }

    public Source {
      precision = precision == null ? Precision.FP32 : precision;
      inputValues = inputValues == null || inputValues.isEmpty() ? null : inputValues;
      disabledPasses = disabledPasses == null ? List.of() : List.copyOf(disabledPasses);
    }
  }

  /**
   * An input or output.
   *
   * @param shape sizes; -1 for one that is open, or that a run decides
   * @param limit of an integer input: the least integer above those that it may hold
   * @param sizes what the sizes are, where some are open
   * @param usual the usual sizes, where some are open
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record TensorEntry(
      String name,
      String dtype,
      List<Long> shape,
      Long limit,
      List<String> sizes,
      List<Long> usual) {}

  /**
   * The weights.
   *
   * @param storage {@code none}, {@code embedded} or {@code external}
   * @param file beside the library, where they are external
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Weights(String storage, String file, long bytes) {}

  /**
   * The memory plan.
   *
   * @param workspaceBytes what one context needs
   * @param workspaceLowerBoundBytes what is alive at once at the worst moment: no plan needs less
   */
  public record MemoryEntry(long workspaceBytes, long workspaceLowerBoundBytes) {}

  /**
   * One kernel.
   *
   * @param workload the structural hash by which tuning records find it
   * @param schedule {@code tuned}, {@code default} or {@code unscheduled}
   * @param steps of the schedule, as in tuning records
   */
  public record Kernel(
      String name, String workload, double flop, String schedule, JsonNode steps) {}

  /**
   * One call of a kernel.
   *
   * @param operators the model's nodes that it stands for
   */
  public record KernelCallEntry(String kernel, String operators) {}

  /**
   * One launch of a kernel.
   *
   * @param entry the function's name in the PTX
   * @param grid the blocks, in three directions
   * @param block the threads of a block
   * @param sharedBytes the dynamic shared memory of a block
   */
  public record LaunchEntry(
      String kernel, String entry, List<Integer> grid, List<Integer> block, int sharedBytes) {

    static LaunchEntry of(String kernel, Launch launch) {
      return new LaunchEntry(
          kernel,
          launch.entry(),
          sizes(launch.grid()),
          sizes(launch.block()),
          launch.sharedBytes());
    }

    private static List<Integer> sizes(Launch.Extent extent) {
      return List.of(extent.x(), extent.y(), extent.z());
    }
  }

  /**
   * Reads the file.
   *
   * @throws ArtifactException where it cannot be read or is no such file
   */
  public static ArtifactManifest read(Path file) {
    ArtifactManifest manifest;
    try {
      manifest = mapper().readValue(file.toFile(), ArtifactManifest.class);
    } catch (IOException e) {
      throw new ArtifactException(
          "%s cannot be read as an artifact's description".formatted(file), e);
    }
    if (manifest.format != FORMAT || manifest.name == null || manifest.weights == null) {
      throw new ArtifactException(
          "%s is no artifact's description, or one of another version".formatted(file));
    }
    return manifest;
  }

  void write(Path file) throws IOException {
    Files.writeString(
        file, mapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(this) + "\n");
  }

  private static ObjectMapper mapper() {
    return new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
  }

  /** Floating-point operations of one run. */
  @JsonIgnore
  public double flop() {
    Map<String, Double> byKernel = new HashMap<>();
    kernels.forEach(kernel -> byKernel.put(kernel.name, kernel.flop));
    return calls.stream().mapToDouble(call -> byKernel.getOrDefault(call.kernel, 0.0)).sum();
  }

  /** For every integer input its limit. */
  public Map<String, Long> inputLimits() {
    Map<String, Long> limits = new java.util.LinkedHashMap<>();
    for (TensorEntry input : inputs) {
      if (input.limit != null && input.limit > 0) {
        limits.put(input.name, input.limit);
      }
    }
    return limits;
  }

  /** Whether a run itself decides what it computes: over sizes, or how often. */
  @JsonIgnore
  public boolean goesInStages() {
    return calls.stream().anyMatch(call -> call.kernel.startsWith(KernelCall.CONTROL));
  }
}
