package org.jtvmc.schedule.space;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Candidate.Decision;
import org.jtvmc.schedule.step.UseStrategy;

/**
 * All schedules that a target's rules can build for a kernel.
 *
 * <p>A point is given by the decisions that the rules ask for. Changing one and running the rules
 * again gives another point: what follows from the decision follows again, so that every candidate
 * is legal by construction and no mutation has to be repaired.
 */
public final class DesignSpace {
  private final ComputeDag dag;
  private final Target target;
  private final List<SketchRule> rules;
  private final Answers answers = new Answers();
  private final DecisionTree tree = new DecisionTree();

  private DesignSpace(ComputeDag dag, Target target, List<SketchRule> rules) {
    this.dag = dag;
    this.target = target;
    this.rules = List.copyOf(rules);
  }

  /** The space of the target's own rules. */
  public static DesignSpace of(ComputeDag dag, Target target) {
    return of(dag, target, rules(target));
  }

  /** The target's own rules, in the order in which they are tried. */
  public static List<SketchRule> rules(Target target) {
    return switch (target) {
      case CpuTarget _ -> CpuRules.LIST;
      case CudaTarget _ -> GpuRules.LIST;
    };
  }

  /** The space of the given rules; the first that applies to a stage takes it. */
  public static DesignSpace of(ComputeDag dag, Target target, List<SketchRule> rules) {
    return new DesignSpace(dag, target, rules);
  }

  public ComputeDag dag() {
    return dag;
  }

  /**
   * What is left where no other schedule can be compiled: loops as the expression has them on a
   * CPU, a thread for each element on a GPU.
   */
  public static Schedule plain(ComputeDag dag, Target target) {
    return switch (target) {
      case CpuTarget _ -> Schedule.of(dag);
      case CudaTarget gpu -> of(dag, gpu, GpuRules.PLAIN).defaultCandidate().schedule();
    };
  }

  /** The schedule that the rules prefer: good with no search at all. */
  public Candidate defaultCandidate() {
    return build(Choices.expert());
  }

  /** Any point, half of its decisions the expert's. */
  public Candidate random(RandomGenerator random) {
    return build(Choices.random(random, random.nextDouble()));
  }

  /** The point with these decisions, as far as they are legal here; the expert's for the rest. */
  public Candidate replay(Map<String, String> decisions) {
    return build(Choices.replay(decisions, Choices.expert()));
  }

  /** One decision of {@code candidate} taken otherwise; empty where there is none to take. */
  public Optional<Candidate> mutate(Candidate candidate, RandomGenerator random) {
    List<Decision> free = candidate.decisions().stream().filter(Decision::isFree).toList();
    if (free.isEmpty()) {
      return Optional.empty();
    }
    Decision decision = free.get(random.nextInt(free.size()));
    int other = random.nextInt(decision.options().size() - 1);
    int chosen = other < decision.chosen() ? other : other + 1;
    return Optional.of(changed(candidate, decision, chosen));
  }

  /** Every decision from one of the two, at random. */
  public Candidate crossover(Candidate first, Candidate second, RandomGenerator random) {
    Map<String, String> mixed = new HashMap<>(first.values());
    second
        .values()
        .forEach(
            (name, value) -> {
              if (random.nextBoolean()) {
                mixed.put(name, value);
              }
            });
    return replay(mixed);
  }

  /** The points that differ in one decision, moved to the option before or after. */
  public List<Candidate> neighbours(Candidate candidate) {
    List<Candidate> neighbours = new ArrayList<>();
    for (Decision decision : candidate.decisions()) {
      if (decision.chosen() > 0) {
        neighbours.add(changed(candidate, decision, decision.chosen() - 1));
      }
      if (decision.chosen() + 1 < decision.options().size()) {
        neighbours.add(changed(candidate, decision, decision.chosen() + 1));
      }
    }
    return neighbours;
  }

  private Candidate changed(Candidate candidate, Decision decision, int chosen) {
    Map<String, String> values = new HashMap<>(candidate.values());
    values.put(decision.name(), decision.options().get(chosen));
    return replay(values);
  }

  /** The point that {@code choices} lead to. */
  public Candidate build(Choices choices) {
    DecisionTree.Walk walk =
        tree.walk(new Checkpoint(Schedule.of(dag), List.of(), Set.of(), 0, 0), choices);
    return walk.follow().orElseGet(() -> walk.finished(goOn(walk)));
  }

  /** Has the rules do what they have not done for an earlier candidate. */
  private Candidate goOn(DecisionTree.Walk walk) {
    Checkpoint start = walk.start();
    SketchState state = new SketchState(start, target, walk, answers);
    if (start.schedule().steps().isEmpty() && start.decisions().isEmpty()) {
      pickStrategy(state);
    }
    List<Stage> stages = state.schedule().dag().stages().reversed();
    for (int rule = start.rule(); rule < rules.size(); rule++) {
      for (int k = rule == start.rule() ? start.stage() : 0; k < stages.size(); k++) {
        Stage stage = state.stage(stages.get(k).id());
        if (!state.isScheduled(stage.id()) && rules.get(rule).applies(state, stage)) {
          rules.get(rule).apply(state, stage);
          state.markScheduled(stage.id());
          walk.reached(state.checkpoint(rule, k + 1));
        }
      }
    }
    return new Candidate(state.schedule(), state.decisions());
  }

  private void pickStrategy(SketchState state) {
    List<String> strategies = StrategyCost.offered(dag, target);
    if (strategies.size() > 1) {
      String preferred =
          state.answer("cheapest strategy", String.class, () -> StrategyCost.cheapest(dag, target));
      String strategy = state.pick("strategy", strategies, preferred);
      if (!strategy.equals(dag.strategies().getFirst())) {
        state.apply(new UseStrategy(strategy));
      }
    }
  }
}
