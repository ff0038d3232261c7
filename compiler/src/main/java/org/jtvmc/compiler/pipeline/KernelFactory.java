package org.jtvmc.compiler.pipeline;

import java.util.Optional;
import java.util.function.Consumer;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.compiler.pipeline.KernelBuild.Origin;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.lower.OpenReplay;
import org.jtvmc.schedule.space.CpuRules;
import org.jtvmc.schedule.space.DesignSpace;

/**
 * Makes kernels with the best schedule known, else the default one, else the plain one, so that
 * there is always a kernel. What was not usable is said, never thrown. Not to be shared by threads.
 */
final class KernelFactory implements AutoCloseable {
  private final Target target;
  private final ScheduleSource schedules;
  private final Consumer<String> problems;
  private final KernelBackend compiler;

  /**
   * @param compiler for the target; closed with this
   * @param problems hears, in one sentence each, why a better schedule was not used
   */
  KernelFactory(
      Target target, ScheduleSource schedules, KernelBackend compiler, Consumer<String> problems) {
    this.target = target;
    this.schedules = schedules;
    this.compiler = compiler;
    this.problems = problems;
  }

  /** Compiles the kernel {@code name} that computes {@code dag}. */
  KernelBuild build(String name, ComputeDag dag) {
    ComputeDag usual = dag.atUsualSizes();
    // The model has learnt from kernels of fixed sizes.
    Optional<ScheduleSource.Known> known =
        schedules
            .find(usual, target)
            .filter(found -> !(dag.isOpen() && found.origin() == Origin.PREDICTED));
    if (known.isPresent()) {
      Optional<KernelBuild> build =
          attempt(name, known.get().origin(), () -> OpenReplay.replay(dag, known.get().steps()));
      if (build.isPresent()) {
        return build.get();
      }
    }
    // For rows of any length there is another default, which is no problem.
    return attempt(
            name,
            Origin.DEFAULT,
            () -> byDefault(dag, DesignSpace.of(usual, target)),
            dag.isOpen() ? sentence -> {} : problems)
        .or(() -> withoutRows(name, dag, usual))
        .orElseGet(() -> compile(name, Origin.UNSCHEDULED, DesignSpace.plain(dag, target)));
  }

  private static Schedule byDefault(ComputeDag dag, DesignSpace space) {
    return OpenReplay.replay(dag, space.defaultCandidate().steps());
  }

  private Optional<KernelBuild> withoutRows(String name, ComputeDag dag, ComputeDag usual) {
    return dag.isOpen()
        ? attempt(
            name,
            Origin.DEFAULT,
            () -> byDefault(dag, DesignSpace.of(usual, target, CpuRules.WITHOUT_ROWS)))
        : Optional.empty();
  }

  @FunctionalInterface
  private interface Attempt {
    Schedule schedule();
  }

  private Optional<KernelBuild> attempt(String name, Origin origin, Attempt attempt) {
    return attempt(name, origin, attempt, problems);
  }

  private Optional<KernelBuild> attempt(
      String name, Origin origin, Attempt attempt, Consumer<String> heard) {
    try {
      return Optional.of(compile(name, origin, attempt.schedule()));
    } catch (ScheduleException | CodegenException e) {
      if (origin == Origin.PREDICTED) {
        // What nobody has tried may be more than a machine has room for; nothing is lost.
        return Optional.empty();
      }
      String reason = e instanceof ScheduleException s ? s.sentence() : e.getMessage();
      heard.accept("kernel %s: its %s schedule is not usable: %s".formatted(name, origin, reason));
    } catch (RuntimeException e) {
      // A fault of ours, not of the model: the user still gets a kernel, and the reason.
      problems.accept("kernel %s: its %s schedule fails: %s".formatted(name, origin, e));
    }
    return Optional.empty();
  }

  private KernelBuild compile(String name, Origin origin, Schedule schedule) {
    LoweredKernel lowered = Lowering.lower(schedule, name);
    KernelBinary binary = compiler.compile(lowered.func());
    return new KernelBuild(name, schedule.dag(), origin, schedule.steps(), lowered, binary);
  }

  @Override
  public void close() {
    compiler.close();
  }
}
