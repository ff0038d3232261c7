package org.jtvmc.tuner.draft;

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
 * of a multiply-add, and how many registers they take. The traffic into a cache is found from the
 * outermost loop whose body's data fits into it: each of its iterations brings that data in anew.
 */
public final class RooflineDraft implements DraftModel {
  private static final double CYCLES_PER_MS = 3e6;

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
  private static final double PARALLEL_CYCLES = 12_000;

  /** For counting, comparing and jumping. */
  private static final double LOOP_CYCLES = 1.2;

  private static final double LINE_BYTES = 64;

  private final CpuTarget target;

  public RooflineDraft(CpuTarget target) {
    this.target = target;
  }

  @Override
  public double estimateMs(LoopAnalysis loops) {
    double cycles = 0;
    LoopNode region = null;
    for (Statement statement : loops.statements()) {
      int parallel = parallelLoop(statement);
      cycles += cycles(statement) / speedup(statement, parallel);
      if (parallel >= 0 && statement.loops().get(parallel) != region) {
        region = statement.loops().get(parallel);
        cycles += PARALLEL_CYCLES * statement.iterations(0, parallel);
      }
    }
    return Math.max(cycles, 1) / CYCLES_PER_MS;
  }

  private static int parallelLoop(Statement statement) {
    for (int k = 0; k < statement.loops().size(); k++) {
      if (statement.loops().get(k).kind() == ForKind.PARALLEL) {
        return k;
      }
    }
    return -1;
  }

  /** Chunks over rounds: eight equal chunks on three cores take three rounds. */
  private double speedup(Statement statement, int parallel) {
    if (parallel < 0) {
      return 1;
    }
    double chunks = statement.loops().get(parallel).extent();
    return chunks / Math.ceil(chunks / target.cores());
  }

  private double cycles(Statement statement) {
    double issued = issueCycles(statement);
    double l2 = trafficBytes(statement, target.caches().l1()) / L2_BYTES;
    double l3 = trafficBytes(statement, target.caches().l2()) / L3_BYTES;
    double memory = trafficBytes(statement, target.caches().l3()) / MEMORY_BYTES;
    return Math.max(Math.max(issued, l2), Math.max(l3, memory));
  }

  private double issueCycles(Statement statement) {
    int depth = statement.loops().size();
    int lanes = Math.max(1, target.lanes(statement.store().buffer().dtype().bytes()));
    double vector = statement.product(ForKind.VECTORIZED);
    double vectors = Math.ceil(vector / lanes);
    double executions = statement.iterations() / vector * vectors;
    double tile = tileStatements(statement) * vectors;
    double reduceLoops = 0;
    for (int k = 0; k < depth; k++) {
      reduceLoops += statement.isReduce(k) && statement.loops().get(k).extent() > 1 ? 1 : 0;
    }
    double work = Math.max(1, statement.flops() / 2) * executions / UNITS;
    if (reduceLoops > 0) {
      work *= Math.max(1, IN_FLIGHT / tile);
      double spilled = Math.max(0, tile + 2 - target.vectorRegisters());
      work += executions * Math.min(1, spilled / tile);
    }
    double memoryOperations = 0;
    for (Access access : statement.accesses()) {
      boolean store = access.type() != Access.Type.READ;
      double perExecution = store && reduceLoops > 0 ? 0 : vectorOperations(statement, access);
      memoryOperations += perExecution * executions / (store ? STORES_PER_CYCLE : LOADS_PER_CYCLE);
    }
    double jumps = executions / Math.max(1, tile) * LOOP_CYCLES;
    return Math.max(work, memoryOperations) + jumps;
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
   * by side, one each where they do not, and a share of one where an unrolled loop reuses it.
   */
  private static double vectorOperations(Statement statement, Access access) {
    double operations = access.occurrences();
    for (int k = statement.loops().size() - 1; k >= 0; k--) {
      LoopNode loop = statement.loops().get(k);
      if (loop.kind() == ForKind.VECTORIZED) {
        if (access.moves(k) && access.step(k) != 1) {
          operations *= Math.min(loop.extent(), 16);
        }
      } else if (loop.kind() == ForKind.UNROLLED) {
        if (!access.moves(k)) {
          operations /= Math.max(1, loop.extent());
        }
      } else if (loop.extent() > 1) {
        break;
      }
    }
    return operations;
  }

  /**
   * The bytes of whole lines that come into a cache of {@code size} bytes, on one core; none where
   * all the data fits, since it is still there from the run before.
   */
  private static double trafficBytes(Statement statement, long size) {
    int fits = 0;
    while (fits < statement.loops().size() && footprint(statement, fits) > size) {
      fits++;
    }
    if (fits == 0) {
      return 0;
    }
    double bytes = 0;
    for (Access access : statement.accesses()) {
      double once = access.lines(fits) * LINE_BYTES;
      boolean stays = !access.moves(fits - 1) && once <= size / 2.0;
      bytes += once * statement.iterations(0, stays ? fits - 1 : fits);
    }
    return bytes;
  }

  private static double footprint(Statement statement, int depth) {
    double bytes = 0;
    for (Access access : statement.accesses()) {
      bytes += access.lines(depth) * LINE_BYTES;
    }
    return bytes;
  }
}
