package org.jtvmc.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jtvmc.compiler.pipeline.KernelBuild;
import org.jtvmc.compiler.pipeline.ScheduleSource;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.step.Step;
import org.jtvmc.schedule.step.StepCodec;

/**
 * What somebody who knows the machine writes for a workload by hand: a file of {@code
 * examples/workloads/experts}. Lines that begin with {@code #} say why, the next one names the
 * decisions that lead the rules to the same loops, and the rest are the steps.
 *
 * @param decisions by name
 * @param steps in the order in which the expert takes them
 */
public record ExpertSchedule(Map<String, String> decisions, List<Step> steps)
    implements ScheduleSource {

  public ExpertSchedule {
    decisions = Map.copyOf(decisions);
    steps = List.copyOf(steps);
  }

  /**
   * The schedule for a model of {@code examples/workloads}; empty where there is none.
   *
   * @param model the {@code .relay} file
   */
  public static Optional<ExpertSchedule> of(Path model) throws IOException {
    String name = model.getFileName().toString().replaceFirst("\\.relay$", ".txt");
    Path file = model.toAbsolutePath().resolveSibling("experts").resolve(name);
    return Files.exists(file) ? Optional.of(read(file)) : Optional.empty();
  }

  private static ExpertSchedule read(Path file) throws IOException {
    List<String> lines =
        Files.readAllLines(file).stream().filter(line -> !line.startsWith("#")).toList();
    Map<String, String> decisions = new LinkedHashMap<>();
    for (String decision : lines.getFirst().split(" ")) {
      int equals = decision.indexOf('=');
      decisions.put(decision.substring(0, equals), decision.substring(equals + 1));
    }
    String steps = lines.stream().skip(1).collect(Collectors.joining());
    return new ExpertSchedule(decisions, StepCodec.read(steps));
  }

  /** The steps, for the kernel of the workload that they are written for. */
  @Override
  public Optional<Known> find(ComputeDag dag, Target target) {
    try {
      Schedule.replay(dag, steps);
      return Optional.of(new Known(steps, KernelBuild.Origin.TUNED));
    } catch (ScheduleException _) {
      return Optional.empty();
    }
  }
}
