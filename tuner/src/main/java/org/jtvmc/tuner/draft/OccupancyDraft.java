package org.jtvmc.tuner.draft;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.emit.SharedSpace;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Occupancy;
import org.jtvmc.tuner.feature.Access;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.jtvmc.tuner.feature.LoopNode;
import org.jtvmc.tuner.feature.Statement;

/**
 * A roofline for GPUs. A launch takes as long as its computing or its traffic with memory,
 * whichever is longer, and the part of the other that is not hidden behind it. Computing is what
 * blocks take of a multiprocessor ({@link BlockCost}), derated by how evenly they fill the
 * multiprocessors (Pruner, ASPLOS 2025) and by how many warps are resident to hide each other's
 * waiting; traffic is that with the first cache in whole sectors, with the L2 cache, and with
 * device memory.
 */
public final class OccupancyDraft implements DraftModel {
  /** To start a kernel. */
  private static final double LAUNCH_MS = CudaTarget.LAUNCH_SECONDS * 1e3;

  /** Independent instructions in flight that keep a multiprocessor's units busy. */
  private static final double WANTED_IN_FLIGHT = 24;

  /** More independent instructions of one thread than this do not follow each other at once. */
  private static final double MOST_IN_FLIGHT = 4;

  /** Registers for addresses and operands, beside those of results. */
  private static final int OTHER_REGISTERS = 40;

  private static final int REGISTER_BYTES = 4;

  /** Asynchronous copies of so many bytes leave the first cache out; others cannot. */
  private static final int BYTES_PAST_FIRST = 16;

  /** The part of the copies that computing hides where they run ahead of it, on their own. */
  private static final double HIDDEN_ASYNC = 0.9;

  /** The same where they go through registers. */
  private static final double HIDDEN_AHEAD = 0.75;

  private final CudaTarget target;

  public OccupancyDraft(CudaTarget target) {
    this.target = target;
  }

  @Override
  public double estimateMs(LoopAnalysis loops) {
    double ms = 0;
    for (List<Statement> launch : launches(loops)) {
      boolean joined = launch.getFirst().blocksToCome() > 1;
      ms += (joined ? cycles(CudaTarget.COUNTING_CYCLES) : LAUNCH_MS) + launchMs(launch);
    }
    return Math.max(ms, LAUNCH_MS);
  }

  /** The statements of each nest at the root; what the last blocks do of it is apart. */
  private static List<List<Statement>> launches(LoopAnalysis loops) {
    List<List<Statement>> launches = new ArrayList<>();
    Stmt nest = null;
    int blocks = 1;
    for (Statement statement : loops.statements()) {
      if (statement.nest() != nest || statement.blocksToCome() != blocks) {
        launches.add(new ArrayList<>());
      }
      nest = statement.nest();
      blocks = statement.blocksToCome();
      launches.getLast().add(statement);
    }
    return launches;
  }

  private double launchMs(List<Statement> launch) {
    double blocks = most(launch, true) / launch.getFirst().blocksToCome();
    double threads = most(launch, false);
    double computing = 0;
    double sectors = 0;
    Map<Buffer, Traffic> traffic = new IdentityHashMap<>();
    for (Statement statement : launch) {
      ThreadLoops loops = new ThreadLoops(statement);
      BlockCost cost = BlockCost.of(statement, loops, threads, target);
      computing += cost.computing();
      sectors += cost.global();
      for (ThreadLoops.Place place : loops.places()) {
        if (place.buffer().scope() == Scope.GLOBAL) {
          Traffic own = traffic(statement, loops, place);
          traffic.merge(place.buffer(), own, Traffic::together);
        }
      }
    }
    double rounds = Math.ceil(blocks / target.multiprocessors());
    double resident = resident(launch, blocks, threads);
    double computingMs = cycles(rounds * computing / busy(launch, resident, threads));
    double working = Math.min(blocks, target.multiprocessors());
    double perCycle = target.l2BytesPerCycle(working);
    double cached = 0;
    double device = 0;
    for (Traffic own : traffic.values()) {
      cached += own.block * blocks;
      device += own.device(blocks, resident * working, target.l2Bytes());
    }
    double trafficMs =
        Math.max(
            Math.max(cycles(rounds * sectors), cycles(cached / (perCycle * working))),
            device / target.bandwidthBytes() * 1e3);
    double shown = 1 - hidden(launch, resident);
    return Math.max(computingMs, trafficMs) + shown * Math.min(computingMs, trafficMs);
  }

  /**
   * What a launch moves of one buffer.
   *
   * @param block bytes of one block; what it comes back to is in the first cache, unless its copies
   *     leave that out
   * @param once bytes of all blocks, each counted once
   */
  private record Traffic(double block, double once) {

    Traffic together(Traffic other) {
      return new Traffic(Math.max(block, other.block), Math.max(once, other.once));
    }

    /** Beyond the L2 cache, blocks that run at once share what they read: they form a square. */
    double device(double blocks, double atOnce, double l2Bytes) {
      double all = Math.min(once, block * blocks);
      return all <= l2Bytes ? all : Math.max(all, block * blocks / Math.sqrt(atOnce));
    }
  }

  private static Traffic traffic(Statement statement, ThreadLoops loops, ThreadLoops.Place place) {
    ThreadLoops.Moved own = loops.moved(place);
    double moved = own.bytes() * loops.threads();
    if (own.instructions() <= 1) {
      // A thread does not come back for the rest of the sectors.
      WarpAccess warp = loops.warp(place, own.width());
      double waste = (double) warp.sectors() * WarpAccess.SECTOR_BYTES / warp.wanted();
      moved *= Math.max(1, waste);
    }
    for (Access access : statement.accesses()) {
      if (access.buffer() == place.buffer()) {
        double once = access.bytes(blockDepth(statement));
        boolean pastFirst = statement.store().async() && own.width() == BYTES_PAST_FIRST;
        boolean all = own.instructions() <= 1 || pastFirst;
        return new Traffic(all ? moved : Math.min(moved, once), access.bytes(0));
      }
    }
    return new Traffic(moved, moved);
  }

  private double cycles(double cycles) {
    return cycles / target.clockHertz() * 1e3;
  }

  /** The part of the shorter that runs while the longer does: other blocks', or copies ahead. */
  private static double hidden(List<Statement> launch, double resident) {
    double hidden = 1 - 1 / Math.max(1, resident);
    for (Statement statement : launch) {
      boolean ahead =
          statement.target().buffer().scope() == Scope.LOCAL
              && statement.flops() == 0
              && statement.accesses().stream().anyMatch(a -> a.buffer().scope() == Scope.GLOBAL);
      hidden = Math.max(hidden, statement.store().async() ? HIDDEN_ASYNC : 0);
      hidden = Math.max(hidden, ahead ? HIDDEN_AHEAD : 0);
    }
    return hidden;
  }

  /** The bytes of a thread's own buffers, as they are allocated. */
  private static double localBytes(List<Statement> launch) {
    Map<Buffer, Double> buffers = new IdentityHashMap<>();
    for (Statement statement : launch) {
      for (Access access : statement.accesses()) {
        if (access.buffer().scope() == Scope.LOCAL) {
          buffers.put(access.buffer(), allocated(access.buffer()));
        }
      }
    }
    return buffers.values().stream().mapToDouble(bytes -> bytes).sum();
  }

  private static double allocated(Buffer buffer) {
    double elements = 1;
    for (int dim = buffer.rank() - 1; dim >= 0; dim--) {
      double size = buffer.shape().get(dim) instanceof IntImm imm ? imm.value() : 1;
      boolean given = buffer.strides().get(dim) instanceof IntImm;
      double stride = given ? ((IntImm) buffer.strides().get(dim)).value() : elements;
      elements = Math.max(elements, stride * size);
    }
    return elements * buffer.dtype().bytes();
  }

  private double resident(List<Statement> launch, double blocks, double threads) {
    double local = localBytes(launch) / REGISTER_BYTES;
    int registers = (int) Math.min(OTHER_REGISTERS + local, CudaTarget.REGISTERS_PER_THREAD);
    int perBlock = (int) Math.clamp(threads, 1, CudaTarget.THREADS_PER_BLOCK);
    long shared =
        Math.min(SharedSpace.bytes(launch.getFirst().nest()), target.sharedBytesPerBlock());
    double possible = Math.max(1, Occupancy.of(target, perBlock, registers, shared).blocks());
    return Math.min(possible, Math.ceil(blocks / target.multiprocessors()));
  }

  /** The share of the time in which some resident warp has something to do. */
  private static double busy(List<Statement> launch, double resident, double threads) {
    double local = localBytes(launch) / REGISTER_BYTES;
    double warps = resident * Math.ceil(threads / CudaTarget.WARP);
    double inFlight = warps * Math.clamp(local / 2, 1, MOST_IN_FLIGHT);
    return Math.clamp(inFlight / WANTED_IN_FLIGHT, 1 / WANTED_IN_FLIGHT, 1);
  }

  private static double most(List<Statement> launch, boolean blocks) {
    return launch.stream().mapToDouble(statement -> product(statement, blocks)).max().orElse(1);
  }

  /** How many loops there are down to the last that is bound to blocks. */
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
    Map<ThreadTag, Double> extents = new EnumMap<>(ThreadTag.class);
    for (LoopNode loop : statement.loops()) {
      if (loop.tag().isPresent() && isBlock(loop) == blocks) {
        extents.merge(loop.tag().get(), loop.extent(), Math::max);
      }
    }
    double product = 1;
    for (double extent : extents.values()) {
      product *= extent;
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
