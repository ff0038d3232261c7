package org.jtvmc.tuner.draft;

import java.util.EnumMap;
import java.util.Map;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Occupancy;
import org.jtvmc.tuner.feature.Access;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.jtvmc.tuner.feature.LoopNode;
import org.jtvmc.tuner.feature.Statement;

/**
 * A roofline for GPUs: every statement takes as long as the slower of its arithmetic, derated by
 * how evenly blocks fill the multiprocessors and threads the warps (the formulae of Pruner, ASPLOS
 * 2025) and by how many warps are resident to hide each other's waiting, and its traffic with the
 * L2 cache and with device memory.
 */
public final class OccupancyDraft implements DraftModel {
  /** To start a kernel. */
  private static final double LAUNCH_MS = 2e-3;

  /** Bytes that device memory moves at once. */
  private static final double SECTOR_BYTES = 32;

  /** Bytes that a multiprocessor gets of the L2 cache in a cycle. */
  private static final double L2_BYTES_PER_CYCLE = 32;

  /** Independent instructions in flight that keep a multiprocessor's units busy. */
  private static final double WANTED_IN_FLIGHT = 24;

  /** More independent instructions of one thread than this do not follow each other at once. */
  private static final double MOST_IN_FLIGHT = 4;

  /** Registers for addresses and operands, beside those of results. */
  private static final int OTHER_REGISTERS = 40;

  private static final int REGISTER_BYTES = 4;

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
    double flops = Math.max(1, statement.flops()) * iterations(statement);
    return flops / (perSecond * waveShare * warpShare * busy(statement, blocks, threads)) * 1e3;
  }

  /** The share of the time in which some resident warp has something to do. */
  private double busy(Statement statement, double blocks, double threads) {
    double local = 0;
    double shared = 0;
    for (Access access : statement.accesses()) {
      double bytes = access.bytes(blockDepth(statement));
      switch (access.buffer().scope()) {
        case LOCAL -> local += bytes / REGISTER_BYTES;
        case SHARED -> shared += bytes;
        case GLOBAL -> {}
      }
    }
    int registers = (int) Math.min(OTHER_REGISTERS + local, CudaTarget.REGISTERS_PER_THREAD);
    int perBlock = (int) Math.clamp(threads, 1, CudaTarget.THREADS_PER_BLOCK);
    long sharedBytes = (long) Math.min(shared, target.sharedBytesPerBlock());
    double possible = Occupancy.of(target, perBlock, registers, sharedBytes).blocks();
    double resident = Math.min(possible, Math.ceil(blocks / target.multiprocessors()));
    double warps = resident * Math.ceil(threads / CudaTarget.WARP);
    double inFlight = warps * Math.clamp(local / 2, 1, MOST_IN_FLIGHT);
    return Math.clamp(inFlight / WANTED_IN_FLIGHT, 1 / WANTED_IN_FLIGHT, 1);
  }

  /** Blocks read again what others have read: from the L2 cache, where that holds it. */
  private double memoryMs(Statement statement) {
    double cached = 0;
    double device = 0;
    for (Access access : statement.accesses()) {
      if (access.buffer().scope() == Scope.GLOBAL) {
        double read =
            access.bytes(blockDepth(statement)) * product(statement, true) * waste(access);
        double once = Math.min(read, access.bytes(0) * waste(access));
        cached += read;
        device += once <= target.l2Bytes() ? once : read;
      }
    }
    double cacheRate = L2_BYTES_PER_CYCLE * target.multiprocessors() * (double) target.clockHertz();
    return Math.max(cached / cacheRate, device / target.bandwidthBytes()) * 1e3;
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

  /** Blocks, or threads of a block: nested loops of one tag are run by the same ones. */
  private static double product(Statement statement, boolean blocks) {
    double product = 1;
    for (double extent : extents(statement, blocks).values()) {
      product *= extent;
    }
    return product;
  }

  private static Map<ThreadTag, Double> extents(Statement statement, boolean blocks) {
    Map<ThreadTag, Double> extents = new EnumMap<>(ThreadTag.class);
    for (LoopNode loop : statement.loops()) {
      if (loop.tag().isPresent() && isBlock(loop) == blocks) {
        extents.merge(loop.tag().get(), loop.extent(), Math::max);
      }
    }
    return extents;
  }

  /** How often the statement runs, in all threads together. */
  private static double iterations(Statement statement) {
    double iterations = product(statement, true) * product(statement, false);
    for (LoopNode loop : statement.loops()) {
      iterations *= loop.tag().isPresent() ? 1 : loop.extent();
    }
    return iterations;
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
