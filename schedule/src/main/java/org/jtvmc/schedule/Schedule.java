package org.jtvmc.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.step.Step;

/**
 * How a computation is carried out: a list of {@link Step}s, and the stages and loops that they
 * lead to. Immutable; every step gives a new schedule.
 *
 * <p>A schedule cannot make the result wrong. A step that does not fit is refused by {@link
 * #apply}; a few conditions that later steps may still meet (that all readers of a stage are inside
 * the loop at which it is computed, for one) are checked when the schedule is lowered.
 */
public final class Schedule {
  private final ComputeDag dag;
  private final List<Step> steps;
  private final List<Stage> stages;
  private final List<Packing> packings;

  private Schedule(ComputeDag dag, List<Step> steps, List<Stage> stages, List<Packing> packings) {
    this.dag = dag;
    this.steps = steps;
    this.stages = stages;
    this.packings = packings;
  }

  /** The schedule without steps: every stage at the root, its loops serial and in order. */
  public static Schedule of(ComputeDag dag) {
    return new Schedule(dag, List.of(), dag.stages(), List.of());
  }

  /**
   * The schedule that {@code steps} give.
   *
   * @throws ScheduleException where one cannot be applied
   */
  public static Schedule replay(ComputeDag dag, List<? extends Step> steps) {
    return of(dag).apply(steps);
  }

  /**
   * This schedule with one more step.
   *
   * @throws ScheduleException where it cannot be applied
   */
  public Schedule apply(Step step) {
    Schedule applied = step.applyTo(this);
    return new Schedule(applied.dag, append(steps, step), applied.stages, applied.packings);
  }

  /** This schedule with more steps, one after the other. */
  public Schedule apply(List<? extends Step> more) {
    Schedule current = this;
    List<Step> all = new ArrayList<>(steps);
    for (Step step : more) {
      all.add(step);
      current = step.applyTo(current).after(List.copyOf(all));
    }
    return current;
  }

  private Schedule after(List<Step> others) {
    return new Schedule(dag, others, stages, packings);
  }

  public ComputeDag dag() {
    return dag;
  }

  /** The steps that led here; {@link #replay} gives this schedule again. */
  public List<Step> steps() {
    return steps;
  }

  /** Producers before consumers, stages that steps have added among them. */
  public List<Stage> stages() {
    return stages;
  }

  /** The operands that are packed. */
  public List<Packing> packings() {
    return packings;
  }

  /**
   * The stage named {@code id}.
   *
   * @throws ScheduleException where there is none
   */
  public Stage stage(String id) {
    return find(id)
        .orElseThrow(
            () ->
                new ScheduleException(
                    "there is no stage '%s'; the stages are %s"
                        .formatted(
                            id, stages.stream().map(Stage::id).collect(Collectors.joining(", ")))));
  }

  /** The stage named {@code id}, where there is one. */
  public Optional<Stage> find(String id) {
    for (Stage stage : stages) {
      if (stage.id().equals(id)) {
        return Optional.of(stage);
      }
    }
    return Optional.empty();
  }

  /** The stage that computes {@code tensor}; empty for an input. */
  public Optional<Stage> stageOf(Tensor tensor) {
    for (Stage stage : stages) {
      if (stage.tensor() == tensor) {
        return Optional.of(stage);
      }
    }
    return Optional.empty();
  }

  /**
   * The tensor of the stage, or the input, named {@code id}.
   *
   * @throws ScheduleException where there is none
   */
  public Tensor tensor(String id) {
    for (Tensor input : dag.inputs()) {
      if (dag.id(input).equals(id)) {
        return input;
      }
    }
    return stage(id).tensor();
  }

  /** The stages computed inside a loop of {@code stage}, in topological order. */
  public List<Stage> attachedTo(String stage) {
    List<Stage> attached = new ArrayList<>();
    for (Stage candidate : stages) {
      if (candidate.attachment() instanceof Attachment.At(String host, _) && host.equals(stage)) {
        attached.add(candidate);
      }
    }
    return attached;
  }

  /** The stages whose operations read {@code tensor}, not looking through inlined ones. */
  public List<Stage> readers(Tensor tensor) {
    List<Stage> readers = new ArrayList<>();
    for (Stage stage : stages) {
      boolean redirected = stage.redirects().containsKey(tensor);
      if ((stage.reads().contains(tensor) && !redirected)
          || stage.redirects().containsValue(tensor)) {
        readers.add(stage);
      }
    }
    return readers;
  }

  /** True where {@code stage} reads {@code tensor} itself or through inlined stages. */
  public boolean reads(Stage stage, Tensor tensor) {
    for (Tensor read : stage.reads()) {
      if (read == tensor) {
        return true;
      }
      Optional<Stage> producer = stageOf(read);
      if (producer.isPresent() && producer.get().isInlined() && reads(producer.get(), tensor)) {
        return true;
      }
    }
    return false;
  }

  /** An id for something derived from {@code id}: {@code id.suffix}, numbered where taken. */
  public String derivedId(String id, String suffix) {
    String wanted = id + "." + suffix;
    String candidate = wanted;
    for (int copy = 2; isTaken(candidate); copy++) {
      candidate = wanted + "#" + copy;
    }
    return candidate;
  }

  private boolean isTaken(String id) {
    return find(id).isPresent() || packings.stream().anyMatch(packing -> packing.id().equals(id));
  }

  /** This schedule with the stage of the same id replaced. For steps. */
  public Schedule withStage(Stage stage) {
    List<Stage> changed = new ArrayList<>(stages);
    for (int i = 0; i < changed.size(); i++) {
      if (changed.get(i).id().equals(stage.id())) {
        changed.set(i, stage);
      }
    }
    return new Schedule(dag, steps, List.copyOf(changed), packings);
  }

  /** This schedule with a new stage, placed just before the one named {@code reader}. For steps. */
  public Schedule withStageBefore(Stage stage, String reader) {
    List<Stage> changed = new ArrayList<>(stages.size() + 1);
    for (Stage other : stages) {
      if (other.id().equals(reader)) {
        changed.add(stage);
      }
      changed.add(other);
    }
    return new Schedule(dag, steps, List.copyOf(changed), packings);
  }

  /** This schedule with an operand packed. For steps. */
  public Schedule withPacking(Packing packing) {
    return new Schedule(dag, steps, stages, append(packings, packing));
  }

  private static <T> List<T> append(List<T> items, T item) {
    List<T> all = new ArrayList<>(items.size() + 1);
    all.addAll(items);
    all.add(item);
    return List.copyOf(all);
  }

  /** The stages with their loops. */
  @Override
  public String toString() {
    return stages.stream().map(Stage::toString).collect(Collectors.joining());
  }
}
