package org.jtvmc.tuner.draft;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.tuner.feature.Access;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.jtvmc.tuner.feature.LoopNode;
import org.jtvmc.tuner.feature.Statement;

/**
 * A roofline for each level of a CPU's memory: a statement takes as long as the slowest of its
 * arithmetic, its loads and stores, and its traffic between each two caches.
 *
 * <p>Arithmetic knows how full the vectors are, how many independent accumulators hide the latency
 * of a multiply-add, how many registers they take, and how much code there is.
 */
public final class RooflineDraft implements DraftModel {
  static final double CYCLES_PER_MS = 3e6;

  /** Two multiply-add units with a latency of four cycles. */
  private static final double UNITS = 2;

  private static final double IN_FLIGHT = UNITS * 4;
  private static final double LOADS_PER_CYCLE = 2;
  private static final double STORES_PER_CYCLE = 1;

  /** Bytes per cycle of one core from L2, L3 and memory. */
  private static final double L2_BYTES = 48;

  private static final double L3_BYTES = 16;
  private static final double MEMORY_BYTES = 5;

  /** To wake the pool and wait for its last thread. */
  static final double PARALLEL_CYCLES = 12_000;

  /** For counting, comparing and jumping. */
  private static final double LOOP_CYCLES = 1.2;

  /** Instructions that the cache of decoded ones holds; beyond, the decoder sets the pace. */
  private static final double DECODED = 3000;

  private static final double UNDECODED_CYCLES = 0.3;

  /** Lanes that lie so far apart at most are picked out of vectors of neighbours. */
  private static final double PICKED_APART = 4;

  private static final double MOST_LANES = 16;

  private final CpuTarget target;
  private final CacheLevel l1;
  private final CacheLevel l2;
  private final CacheLevel l3;

  public RooflineDraft(CpuTarget target) {
    this.target = target;
    this.l1 = CacheLevel.first(target.caches().l1());
    this.l2 = CacheLevel.larger(target.caches().l2());
    this.l3 = CacheLevel.larger(target.caches().l3());
  }

  @Override
  public double estimateMs(LoopAnalysis loops) {
    return cycles(loops, costs(loops)) / CYCLES_PER_MS;
  }

  /** The costs of the statements, in their order. */
  List<StatementCost> costs(LoopAnalysis loops) {
    return loops.statements().stream().map(this::cost).toList();
  }

  /** The time of a kernel whose statements cost {@code costs}, in cycles. */
  static double cycles(LoopAnalysis loops, List<StatementCost> costs) {
    double cycles = wakingCycles(loops);
    for (StatementCost cost : costs) {
      cycles += cost.cycles();
    }
    return Math.max(cycles, 1);
  }

  /** The cycles that go into waking threads. */
  static double wakingCycles(LoopAnalysis loops) {
    double cycles = 0;
    LoopNode region = null;
    for (Statement statement : loops.statements()) {
      int parallel = parallelLoop(statement);
      if (parallel >= 0 && statement.loops().get(parallel) != region) {
        region = statement.loops().get(parallel);
        cycles += PARALLEL_CYCLES * statement.iterations(0, parallel);
      }
    }
    return cycles;
  }

  private static int parallelLoop(Statement statement) {
    for (int k = 0; k < statement.loops().size(); k++) {
      if (statement.loops().get(k).kind() == ForKind.PARALLEL) {
        return k;
      }
    }
    return -1;
  }

  private StatementCost cost(Statement statement) {
    int lanes = Math.max(1, target.lanes(statement.store().buffer().dtype().bytes()));
    double vector = statement.product(ForKind.VECTORIZED);
    double vectors = Math.ceil(vector / lanes);
    double tile = tileStatements(statement) * vectors;
    boolean reduces = reduces(statement);
    double iterations = statement.iterations();
    double operations = Math.max(1, statement.flops() / 2);
    int parallel = parallelLoop(statement);
    double chunks = parallel < 0 ? 0 : statement.loops().get(parallel).extent();
    return new StatementCost(
        issue(statement, iterations / vector * vectors, tile, reduces),
        l1.traffic(statement) / L2_BYTES,
        l2.traffic(statement) / L3_BYTES,
        l3.traffic(statement) / MEMORY_BYTES,
        operations * iterations / lanes / UNITS,
        vector / (vectors * lanes),
        reduces ? tile / target.vectorRegisters() : 0,
        tile * (operations + statement.accesses().size()) / DECODED,
        // Chunks over rounds: eight equal chunks on three cores take three rounds.
        parallel < 0 ? 1 : chunks / Math.ceil(chunks / target.cores()),
        chunks / target.cores(),
        target.cores());
  }

  private static boolean reduces(Statement statement) {
    for (int k = 0; k < statement.loops().size(); k++) {
      if (statement.isReduce(k) && statement.loops().get(k).extent() > 1) {
        return true;
      }
    }
    return false;
  }

  /**
   * @param executions of the statement on one vector
   * @param tile executions in the innermost body
   */
  private IssueCost issue(Statement statement, double executions, double tile, boolean reduces) {
    double operations = Math.max(1, statement.flops() / 2);
    double work = operations * executions / UNITS;
    double latency = 1;
    double spills = 0;
    if (reduces) {
      double accumulators = accumulators(statement, tile);
      latency = Math.max(1, IN_FLIGHT / accumulators);
      double spilled = Math.max(0, accumulators + 2 - target.vectorRegisters());
      spills = executions * Math.min(1, spilled / accumulators);
    }
    double moves = 0;
    for (Access access : statement.accesses()) {
      boolean store = access.type() != Access.Type.READ;
      double perExecution = store && reduces ? 0 : vectorOperations(statement, access);
      moves += perExecution * executions / (store ? STORES_PER_CYCLE : LOADS_PER_CYCLE);
    }
    double decoding = tile * operations > DECODED ? executions * operations * UNDECODED_CYCLES : 0;
    double jumps = executions / Math.max(1, tile) * LOOP_CYCLES;
    return new IssueCost(work * latency + spills, latency, spills, moves, decoding, jumps);
  }

  /** The part of the innermost body's {@code tile} that unrolled reduce loops do not repeat. */
  private static double accumulators(Statement statement, double tile) {
    double repeats = 1;
    for (int k = statement.loops().size() - 1; k >= 0; k--) {
      LoopNode loop = statement.loops().get(k);
      if (loop.kind() == ForKind.SERIAL && loop.extent() > 1) {
        break;
      }
      if (loop.kind() == ForKind.UNROLLED && statement.isReduce(k)) {
        repeats *= loop.extent();
      }
    }
    return Math.max(1, tile / repeats);
  }

  /** The statements of the unrolled innermost body. */
  private static double tileStatements(Statement statement) {
    double product = 1;
    for (int k = statement.loops().size() - 1; k >= 0; k--) {
      LoopNode loop = statement.loops().get(k);
      if (loop.kind() == ForKind.SERIAL && loop.extent() > 1) {
        break;
      }
      if (loop.kind() == ForKind.UNROLLED) {
        product *= loop.extent();
      }
    }
    return product;
  }

  /**
   * Loads or stores of one execution of the statement on one vector: one where the lanes lie side
   * by side, as many as lie between two lanes where these are few, for then neighbours are loaded
   * and the lanes picked out, one each where they are not, and a share of one where an unrolled
   * loop reuses it or reads again what another iteration has read.
   */
  private static double vectorOperations(Statement statement, Access access) {
    double operations = access.occurrences();
    List<Walk> unrolled = new ArrayList<>();
    for (int k = statement.loops().size() - 1; k >= 0; k--) {
      LoopNode loop = statement.loops().get(k);
      if (loop.kind() == ForKind.VECTORIZED) {
        if (access.moves(k) && access.step(k) != 1) {
          operations *= Math.min(loop.extent(), perVector(access, Math.abs(access.step(k))));
        }
      } else if (loop.kind() == ForKind.UNROLLED) {
        if (access.moves(k)) {
          unrolled.add(new Walk(Math.abs(access.step(k)), loop.extent()));
        } else {
          operations /= Math.max(1, loop.extent());
        }
      } else if (loop.extent() > 1) {
        break;
      }
    }
    return operations * Walk.different(unrolled);
  }

  private static double perVector(Access access, double step) {
    boolean near = step <= PICKED_APART && access.type() == Access.Type.READ;
    return near ? step : MOST_LANES;
  }

  /**
   * A loop that moves an access.
   *
   * @param step by so many elements
   */
  private record Walk(double step, double extent) {

    /** The part of the places that all of {@code walks} together come to which are different. */
    static double different(List<Walk> walks) {
      double part = 1;
      Walk together = null;
      for (Walk walk : walks.stream().sorted(Comparator.comparingDouble(Walk::step)).toList()) {
        if (together != null
            && walk.step % together.step == 0
            && walk.step < together.step * together.extent) {
          // A window of the places so far that moves on by less than its own length.
          double extent = walk.step / together.step * (walk.extent - 1) + together.extent;
          part *= extent / (walk.extent * together.extent);
          together = new Walk(together.step, extent);
        } else {
          together = walk;
        }
      }
      return part;
    }
  }
}
