package org.jtvmc.tuner.draft;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.tuner.feature.AccessMix;
import org.jtvmc.tuner.feature.FeatureExtractor;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.jtvmc.tuner.feature.LoopNode;
import org.jtvmc.tuner.feature.ProgramFeatures;
import org.jtvmc.tuner.feature.Statement;

/**
 * Features of each statement in units of the machine that it is to run on: which of the machine's
 * resources is the scarce one, and how much of the others is left. A model that splits on these and
 * not on bytes and iterations says something about a processor that it was not trained on.
 *
 * <p>They stand behind Ansor's columns. For targets other than CPUs they are zero.
 */
public final class MachineFeatures {
  private static final double LOG2 = Math.log(2);

  private static final List<String> OWN =
      List.of(
          "machine.cycles",
          "machine.share",
          "machine.efficiency",
          "machine.l2_over_issue",
          "machine.l3_over_issue",
          "machine.memory_over_issue",
          "machine.fill",
          "machine.registers",
          "machine.code",
          "machine.balance",
          "machine.chunks",
          "machine.cores",
          "machine.program_efficiency",
          "machine.statements",
          "issue.latency",
          "issue.spills",
          "issue.moves_over_work",
          "issue.decoding",
          "issue.jumps",
          "access.contiguous",
          "access.uniform",
          "access.strided",
          "access.gathered",
          "access.scatters_store",
          "statement.guards",
          "statement.selects",
          "statement.indexing",
          "statement.reduces_lanes",
          "statement.innermost_trips",
          "program.waking",
          "program.size",
          "relative.time",
          "relative.issue",
          "relative.memory");

  /** What stands in each column of {@link #extract}. */
  public static final List<String> NAMES =
      Stream.concat(FeatureExtractor.NAMES.stream(), OWN.stream()).toList();

  /**
   * The columns that say something about a machine of another size: shares of what a machine has,
   * and the form of loops, but no bytes, iterations or cycles. Of Ansor's none is among them: on
   * held-out kernels they made no difference.
   */
  public static final List<String> RELATIVE =
      OWN.stream().filter(name -> !name.equals("machine.cycles")).toList();

  private final FeatureExtractor ansor = new FeatureExtractor();
  private final Target target;
  private final Optional<ProgramCost> reference;

  /** Features with nothing to compare to: what is relative is zero. */
  public MachineFeatures(Target target) {
    this(target, Optional.empty());
  }

  private MachineFeatures(Target target, Optional<ProgramCost> reference) {
    this.target = target;
    this.reference = reference;
  }

  /**
   * Features of kernels that compute what {@code reference} computes, whose schedule is the default
   * one: how much of what a machine has they take, relative to that.
   */
  public MachineFeatures relativeTo(LoopAnalysis reference) {
    return switch (target) {
      case CpuTarget cpu ->
          new MachineFeatures(
              target, Optional.of(ProgramCost.of(new RooflineDraft(cpu), reference)));
      case CudaTarget _ -> this;
    };
  }

  /** All features of an analysed kernel, which has at least one store. */
  public ProgramFeatures extract(LoopAnalysis loops) {
    return switch (target) {
      case CpuTarget cpu -> features(ProgramCost.of(new RooflineDraft(cpu), loops), loops);
      case CudaTarget _ -> new ProgramFeatures(NAMES.size(), general(loops));
    };
  }

  /**
   * A kernel's features, and what the draft model of the target makes of it.
   *
   * @param ms the draft's estimate of its time in milliseconds
   */
  public record Drafted(ProgramFeatures features, double ms) {}

  /** Features and draft, which have most of their arithmetic in common. */
  public Drafted drafted(LoopAnalysis loops) {
    return switch (target) {
      case CpuTarget cpu -> {
        ProgramCost program = ProgramCost.of(new RooflineDraft(cpu), loops);
        yield new Drafted(features(program, loops), program.cycles() / RooflineDraft.CYCLES_PER_MS);
      }
      case CudaTarget gpu -> new Drafted(extract(loops), DraftModel.of(gpu).estimateMs(loops));
    };
  }

  private ProgramFeatures features(ProgramCost program, LoopAnalysis loops) {
    float[] values = general(loops);
    fill(program, loops, values);
    return new ProgramFeatures(NAMES.size(), values);
  }

  /** Rows that are filled in as far as features need no machine. */
  private float[] general(LoopAnalysis loops) {
    ProgramFeatures plain = ansor.extract(loops);
    float[] values = new float[plain.rows() * NAMES.size()];
    for (int row = 0; row < plain.rows(); row++) {
      plain.copyRowTo(row, values, row * NAMES.size());
    }
    return values;
  }

  private void fill(ProgramCost program, LoopAnalysis loops, float[] values) {
    double[] whole = whole(program);
    for (int row = 0; row < program.statements().size(); row++) {
      int at = row * NAMES.size() + FeatureExtractor.LENGTH;
      StatementCost cost = program.statements().get(row);
      at = append(machine(program, cost), values, at);
      at = append(issue(cost.issued()), values, at);
      at = append(statement(loops.statements().get(row)), values, at);
      append(whole, values, at);
    }
  }

  private static int append(double[] from, float[] to, int at) {
    for (int k = 0; k < from.length; k++) {
      to[at + k] = (float) from[k];
    }
    return at + from.length;
  }

  private static double[] machine(ProgramCost program, StatementCost cost) {
    return new double[] {
      log(cost.cycles()),
      cost.cycles() / program.cycles(),
      cost.ideal() / cost.cores() / cost.cycles(),
      log(cost.l2() / cost.issue()),
      log(cost.l3() / cost.issue()),
      log(cost.memory() / cost.issue()),
      cost.fill(),
      cost.registers(),
      log(cost.code()),
      cost.speedup() / cost.cores(),
      log(cost.chunks()),
      cost.cores(),
      program.ideal() / program.cycles(),
      program.statements().size()
    };
  }

  private static double[] issue(IssueCost cost) {
    return new double[] {
      log(cost.latency() - 1),
      cost.spills() / cost.cycles(),
      log(cost.moves() / cost.work()),
      cost.decoding() / cost.cycles(),
      cost.jumps() / cost.cycles()
    };
  }

  private static double[] statement(Statement statement) {
    AccessMix mix = AccessMix.of(statement);
    double operations = Math.max(1, statement.flops());
    boolean reducesLanes = false;
    double trips = 1;
    for (int k = 0; k < statement.loops().size(); k++) {
      LoopNode loop = statement.loops().get(k);
      boolean repeats = loop.extent() > 1;
      reducesLanes |= repeats && loop.kind() == ForKind.VECTORIZED && statement.isReduce(k);
      trips = repeats && loop.kind() == ForKind.SERIAL ? loop.extent() : trips;
    }
    return new double[] {
      log(mix.contiguous()),
      log(mix.uniform()),
      log(mix.strided()),
      log(mix.gathered()),
      mix.scattersStore() ? 1 : 0,
      statement.guards(),
      log(statement.selects() / operations),
      log(statement.indexOperations() / operations),
      reducesLanes ? 1 : 0,
      log(trips)
    };
  }

  private double[] whole(ProgramCost program) {
    return new double[] {
      program.waking() / program.cycles(),
      log(program.cycles() / RooflineDraft.PARALLEL_CYCLES),
      reference.map(r -> ratio(r.cycles(), program.cycles())).orElse(0.0),
      reference.map(r -> ratio(r.issue(), program.issue())).orElse(0.0),
      reference.map(r -> ratio(r.memory(), program.memory())).orElse(0.0)
    };
  }

  /** How many times as much the one takes as the other, in powers of two. */
  private static double ratio(double reference, double own) {
    return log(reference) - log(own);
  }

  private static double log(double value) {
    return Math.log1p(value) / LOG2;
  }
}
