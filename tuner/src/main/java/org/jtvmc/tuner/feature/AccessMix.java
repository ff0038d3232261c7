package org.jtvmc.tuner.feature;

import org.jtvmc.ir.loop.ForKind;

/**
 * How a statement's vectors come from memory: the loads of one execution of the statement on one
 * vector, a share of one where an unrolled loop uses again what was loaded.
 *
 * @param contiguous whose lanes lie side by side
 * @param uniform of one element for all lanes
 * @param strided whose lanes lie two to four elements apart, which takes as many loads and shuffles
 * @param gathered whose lanes lie anywhere
 * @param scattersStore whether the lanes of what is stored do not lie side by side
 */
public record AccessMix(
    double contiguous, double uniform, double strided, double gathered, boolean scattersStore) {
  private static final double LARGEST_SHUFFLED_STRIDE = 4;

  private enum Lanes {
    CONTIGUOUS,
    UNIFORM,
    STRIDED,
    GATHERED
  }

  /** The mix of a statement; one without a vectorised loop has vectors of one lane. */
  public static AccessMix of(Statement statement) {
    double[] loads = new double[Lanes.values().length];
    for (Access access : statement.accesses()) {
      if (access.type() == Access.Type.READ) {
        loads[lanes(statement, access).ordinal()] += loads(statement, access);
      }
    }
    Lanes stored = lanes(statement, statement.target());
    return new AccessMix(
        loads[Lanes.CONTIGUOUS.ordinal()],
        loads[Lanes.UNIFORM.ordinal()],
        loads[Lanes.STRIDED.ordinal()],
        loads[Lanes.GATHERED.ordinal()],
        stored == Lanes.STRIDED || stored == Lanes.GATHERED);
  }

  /** How the lanes of the innermost vectorised loop that moves an access lie. */
  private static Lanes lanes(Statement statement, Access access) {
    for (int k = statement.loops().size() - 1; k >= 0; k--) {
      if (statement.loops().get(k).kind() == ForKind.VECTORIZED && access.moves(k)) {
        double step = access.step(k);
        if (step == 1) {
          return Lanes.CONTIGUOUS;
        }
        return step >= 2 && step <= LARGEST_SHUFFLED_STRIDE ? Lanes.STRIDED : Lanes.GATHERED;
      }
    }
    return Lanes.UNIFORM;
  }

  private static double loads(Statement statement, Access access) {
    double loads = access.occurrences();
    for (int k = statement.loops().size() - 1; k >= 0; k--) {
      LoopNode loop = statement.loops().get(k);
      if (loop.kind() == ForKind.UNROLLED) {
        loads /= access.moves(k) ? 1 : Math.max(1, loop.extent());
      } else if (loop.kind() != ForKind.VECTORIZED && loop.extent() > 1) {
        break;
      }
    }
    return loads;
  }
}
