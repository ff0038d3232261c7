package org.jtvmc.schedule.space;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Candidate.Decision;
import org.jtvmc.schedule.step.Fuse;
import org.jtvmc.schedule.step.Step;

/** A schedule in the making: what the rules have added so far, and who answers their questions. */
public final class SketchState {
  private final Target target;
  private final Choices choices;
  private final Answers answers;
  private final List<Decision> decisions = new ArrayList<>();
  private final Set<String> scheduled = new HashSet<>();
  private Schedule schedule;

  SketchState(Checkpoint start, Target target, Choices choices, Answers answers) {
    this.schedule = start.schedule();
    this.decisions.addAll(start.decisions());
    this.scheduled.addAll(start.scheduled());
    this.target = target;
    this.choices = choices;
    this.answers = answers;
  }

  /** All that is known now, for others to go on from: {@code rule} at the stage of that index. */
  Checkpoint checkpoint(int rule, int stage) {
    return new Checkpoint(schedule, decisions, scheduled, rule, stage);
  }

  public Schedule schedule() {
    return schedule;
  }

  /** The CPU that is scheduled for; only rules of CPUs ask. */
  public CpuTarget target() {
    return switch (target) {
      case CpuTarget cpu -> cpu;
      case CudaTarget _ -> throw new IllegalStateException("a rule of CPUs in a GPU's list");
    };
  }

  /** True where a GPU is scheduled for. */
  public boolean isOnGpu() {
    return target instanceof CudaTarget;
  }

  /** The GPU that is scheduled for; only rules of GPUs ask. */
  public CudaTarget gpu() {
    return switch (target) {
      case CudaTarget gpu -> gpu;
      case CpuTarget _ -> throw new IllegalStateException("a rule of GPUs in a CPU's list");
    };
  }

  /** Adds a step. */
  public void apply(Step step) {
    schedule = schedule.apply(step);
  }

  /** Makes one loop of neighbouring ones of {@code stage}, where there are several: its name. */
  public String fuse(String stage, List<String> loops) {
    if (loops.size() == 1) {
      return loops.getFirst();
    }
    Fuse fuse = new Fuse(stage, loops);
    apply(fuse);
    return fuse.fused();
  }

  /** Takes a decision; see {@link Choices#pick}. */
  public <T> T pick(String name, List<T> options, T preferred) {
    List<String> texts = options.stream().map(Object::toString).toList();
    int index = choices.pick(name, texts, Math.max(0, options.indexOf(preferred)));
    decisions.add(new Decision(name, texts, index));
    return options.get(index);
  }

  /**
   * What {@code find} says, or said for an earlier candidate of the same steps: for what is dear
   * and asked again for every candidate.
   *
   * @param question what is asked: its kind, and names of all that the answer depends on beside the
   *     schedule
   * @param find takes no decision; its answer holds no stages or tensors, which are others in each
   *     candidate
   */
  public <T> T answer(String question, Class<T> type, Supplier<T> find) {
    return answers.answer(schedule.steps(), scheduled, question, type, find);
  }

  /** Says that {@code stage} needs no other rule. */
  public void markScheduled(String stage) {
    scheduled.add(stage);
  }

  public boolean isScheduled(String stage) {
    return scheduled.contains(stage);
  }

  /** The stage as it stands now. */
  public Stage stage(String id) {
    return schedule.stage(id);
  }

  /** The stages that read {@code stage}, looking through inlined ones; each once. */
  public List<Stage> readers(Stage stage) {
    List<Stage> readers = new ArrayList<>();
    collectReaders(stage.tensor(), readers);
    return readers;
  }

  private void collectReaders(Tensor tensor, List<Stage> readers) {
    for (Stage reader : schedule.readers(tensor)) {
      if (reader.isInlined()) {
        collectReaders(reader.tensor(), readers);
      } else if (!readers.contains(reader)) {
        readers.add(reader);
      }
    }
  }

  List<Decision> decisions() {
    return decisions;
  }
}
