package org.jtvmc.tuner.draft;

import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.tuner.feature.FeatureExtractor;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.jtvmc.tuner.feature.ProgramFeatures;

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
          "machine.statements");

  /** What stands in each column of {@link #extract}. */
  public static final List<String> NAMES =
      Stream.concat(FeatureExtractor.NAMES.stream(), OWN.stream()).toList();

  private final FeatureExtractor ansor = new FeatureExtractor();
  private final Target target;

  public MachineFeatures(Target target) {
    this.target = target;
  }

  /** All features of an analysed kernel, which has at least one store. */
  public ProgramFeatures extract(LoopAnalysis loops) {
    ProgramFeatures plain = ansor.extract(loops);
    float[] values = new float[plain.rows() * NAMES.size()];
    for (int row = 0; row < plain.rows(); row++) {
      plain.copyRowTo(row, values, row * NAMES.size());
    }
    switch (target) {
      case CpuTarget cpu -> fill(new RooflineDraft(cpu), loops, values);
      case CudaTarget _ -> {}
    }
    return new ProgramFeatures(NAMES.size(), values);
  }

  private static void fill(RooflineDraft draft, LoopAnalysis loops, float[] values) {
    List<StatementCost> costs = draft.costs(loops);
    double total = RooflineDraft.cycles(loops, costs);
    double ideal = costs.stream().mapToDouble(cost -> cost.ideal() / cost.cores()).sum();
    for (int row = 0; row < costs.size(); row++) {
      StatementCost cost = costs.get(row);
      double[] own = {
        log(cost.cycles()),
        cost.cycles() / total,
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
        ideal / total,
        costs.size()
      };
      int at = row * NAMES.size() + FeatureExtractor.LENGTH;
      for (double value : own) {
        values[at++] = (float) value;
      }
    }
  }

  private static double log(double value) {
    return Math.log1p(value) / LOG2;
  }
}
