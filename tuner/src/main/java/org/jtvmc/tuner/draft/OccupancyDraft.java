package org.jtvmc.tuner.draft;

import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.tuner.feature.Access;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.jtvmc.tuner.feature.LoopNode;
import org.jtvmc.tuner.feature.Statement;

/**
 * A roofline for GPUs: every statement takes as long as the slower of its arithmetic, derated by
 * how evenly blocks fill the multiprocessors and threads the warps, and its traffic with device
 * memory (the formulae of Pruner, ASPLOS 2025).
 */
public final class OccupancyDraft implements DraftModel {
  /** To start a kernel. */
  private static final double LAUNCH_MS = 2e-3;

  /** Bytes that device memory moves at once. */
  private static final double SECTOR_BYTES = 32;

  private final CudaTarget target;

  public OccupancyDraft(CudaTarget target) {
    this.target = target;
  }

  @Override
  public double estimateMs(LoopAnalysis loops) {
    double ms = LAUNCH_MS;
    for (Statement statement : loops.statements()) {
      ms += Math.max(computeMs(statement), memoryMs(statement));
    }
    return ms;
  }

  private double computeMs(Statement statement) {
    double blocks = product(statement, true);
    double threads = product(statement, false);
    double waves = blocks / target.multiprocessors();
    double waveShare = waves / Math.ceil(waves);
    double warps = threads / CudaTarget.WARP;
    double warpShare = warps / Math.ceil(warps);
    double perSecond =
        (double) target.multiprocessors() * target.fmaPerCycle() * 2 * target.clockHertz();
    double flops = Math.max(1, statement.flops()) * statement.iterations();
    return flops / (perSecond * waveShare * warpShare) * 1e3;
  }

  private double memoryMs(Statement statement) {
    double bytes = 0;
    for (Access access : statement.accesses()) {
      if (access.buffer().scope() == Scope.GLOBAL) {
        bytes += access.bytes(blockDepth(statement)) * product(statement, true) * waste(access);
      }
    }
    return bytes / target.bandwidthBytes() * 1e3;
  }

  /** How many bytes a transaction moves for each that is wanted. */
  private static double waste(Access access) {
    double run = access.lines(0) * 64 / Math.max(1, access.bytes(0));
    return Math.clamp(run, 1, SECTOR_BYTES / access.buffer().dtype().bytes());
  }

  private static int blockDepth(Statement statement) {
    int depth = 0;
    for (int k = 0; k < statement.loops().size(); k++) {
      if (isBlock(statement.loops().get(k))) {
        depth = k + 1;
      }
    }
    return depth;
  }

  private static double product(Statement statement, boolean blocks) {
    double product = 1;
    for (LoopNode loop : statement.loops()) {
      if (loop.tag().isPresent() && isBlock(loop) == blocks) {
        product *= loop.extent();
      }
    }
    return product;
  }

  private static boolean isBlock(LoopNode loop) {
    return loop.tag()
        .map(
            tag ->
                switch (tag) {
                  case BLOCK_X, BLOCK_Y, BLOCK_Z -> true;
                  case THREAD_X, THREAD_Y, THREAD_Z, VIRTUAL -> false;
                })
        .orElse(false);
  }
}
