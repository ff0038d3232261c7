package org.jtvmc.compiler.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jtvmc.compiler.plan.Value.Result;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * Where in the workspace every intermediate tensor lies: an offset for each, such that two that are
 * alive at the same time never overlap. Results of the model that kernels write live in the
 * caller's memory and take no room here, unless a run decides over their sizes.
 *
 * <p>Offsets are assigned greedily, the largest tensor first, each in the tightest gap among those
 * placed that live at the same time (Pisarchyk and Lee, "Efficient Memory Management for Deep
 * Neural Net Inference", 2020).
 *
 * @param offsets in bytes, multiples of {@value #ALIGNMENT}, by value
 * @param outputs which of the model's results a value is, for those written in place
 * @param scratch the offset of each use's scratch memory, by its position; -1 for none
 * @param blocks the offsets in the order of {@link #lifetimes}
 * @param bytes the size of the workspace
 * @param lowerBound bytes that are alive at once at the worst moment: no plan needs less
 */
public record MemoryPlan(
    Map<Result, Long> offsets,
    Map<Result, Integer> outputs,
    List<Long> scratch,
    List<Long> blocks,
    long bytes,
    long lowerBound) {

  /** One cache line, which is also the widest vector. */
  public static final int ALIGNMENT = 64;

  /**
   * Something to place.
   *
   * @param owner a {@link Result}, or the {@link KernelUse} whose scratch memory it is
   * @param bytes its size, which may be open
   * @param first the use that writes it
   * @param last the last that reads it
   */
  public record Lifetime(Object owner, Dim bytes, int first, int last) {}

  private record Block(Object owner, long size, int first, int last) {
    boolean livesWith(Block other) {
      return first <= other.last && other.first <= last;
    }
  }

  private record Placed(Block block, long offset) {
    long end() {
      return offset + block.size;
    }
  }

  /**
   * Plans the memory of one run.
   *
   * @param scratchBytes what each use needs beside its inputs and outputs
   */
  public static MemoryPlan of(ExecutionPlan plan, List<Long> scratchBytes) {
    return of(plan, scratchBytes.stream().map(Dim::of).toList(), Dim::value);
  }

  /**
   * Plans the memory of one run with some sizes.
   *
   * @param scratchBytes what each use needs beside its inputs and outputs
   * @param sizes the number of every size
   */
  public static MemoryPlan of(
      ExecutionPlan plan, List<Dim> scratchBytes, ToLongFunction<Dim> sizes) {
    Map<Result, Integer> outputs = outputs(plan);
    List<Block> blocks =
        lifetimes(plan, scratchBytes).stream()
            .map(
                life ->
                    new Block(
                        life.owner, aligned(sizes.applyAsLong(life.bytes)), life.first, life.last))
            .toList();
    Map<Object, Long> places = new IdentityHashMap<>();
    long bytes = 0;
    List<Placed> placed = new ArrayList<>();
    List<Block> largestFirst = new ArrayList<>(blocks);
    largestFirst.sort(Comparator.comparingLong(Block::size).reversed());
    for (Block block : largestFirst) {
      long offset = place(block, placed);
      placed.add(new Placed(block, offset));
      places.put(block.owner, offset);
      bytes = Math.max(bytes, offset + block.size);
    }
    Map<Result, Long> offsets = new HashMap<>();
    List<Long> scratch = new ArrayList<>();
    for (KernelUse use : plan.uses()) {
      scratch.add(places.getOrDefault(use, -1L));
      for (Result result : use.outputs()) {
        if (places.containsKey(result)) {
          offsets.put(result, places.get(result));
        }
      }
    }
    List<Long> all = blocks.stream().map(block -> places.get(block.owner)).toList();
    return new MemoryPlan(offsets, outputs, scratch, all, bytes, peak(blocks, plan.uses().size()));
  }

  private static Map<Result, Integer> outputs(ExecutionPlan plan) {
    Map<Result, Integer> outputs = new IdentityHashMap<>();
    for (int i = 0; i < plan.visible(); i++) {
      Value value = plan.results().get(i);
      if (value.storage() instanceof Result result && !plan.isDecided(value.type())) {
        outputs.putIfAbsent(result, i);
      }
    }
    return outputs;
  }

  /**
   * All that lies in the workspace.
   *
   * @param scratchBytes what each use needs beside its inputs and outputs
   */
  public static List<Lifetime> lifetimes(ExecutionPlan plan, List<Dim> scratchBytes) {
    Map<Result, Integer> outputs = outputs(plan);
    Map<Value, Integer> lastUse = new IdentityHashMap<>();
    for (int use = 0; use < plan.uses().size(); use++) {
      for (Value input : plan.uses().get(use).inputs()) {
        lastUse.put(input.storage(), use);
      }
    }
    for (Value result : plan.results()) {
      if (!outputs.containsKey(result.storage())) {
        lastUse.put(result.storage(), plan.uses().size());
      }
    }
    List<Lifetime> lifetimes = new ArrayList<>();
    for (int use = 0; use < plan.uses().size(); use++) {
      KernelUse kernel = plan.uses().get(use);
      if (!scratchBytes.get(use).equals(Dim.of(0))) {
        lifetimes.add(new Lifetime(kernel, scratchBytes.get(use), use, use));
      }
      for (Result result : kernel.outputs()) {
        if (!outputs.containsKey(result)) {
          int last = lastUse.getOrDefault(result, use);
          lifetimes.add(new Lifetime(result, bytes(result.type()), use, last));
        }
      }
    }
    return lifetimes;
  }

  private static Dim bytes(TensorType type) {
    return Shapes.product(type.shape()).times(type.dtype().bytes());
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(Math.max(1, bytes), ALIGNMENT) * ALIGNMENT;
  }

  /** The tightest gap between blocks that live with this one; behind them all where none fits. */
  private static long place(Block block, List<Placed> placed) {
    List<Placed> neighbours =
        placed.stream()
            .filter(other -> other.block.livesWith(block))
            .sorted(Comparator.comparingLong(Placed::offset))
            .toList();
    long best = -1;
    long tightest = Long.MAX_VALUE;
    long end = 0;
    for (Placed neighbour : neighbours) {
      long gap = neighbour.offset - end;
      if (gap >= block.size && gap < tightest) {
        best = end;
        tightest = gap;
      }
      end = Math.max(end, neighbour.end());
    }
    return best >= 0 ? best : end;
  }

  private static long peak(List<Block> blocks, int uses) {
    long peak = 0;
    for (int moment = 0; moment <= uses; moment++) {
      long alive = 0;
      for (Block block : blocks) {
        if (block.first <= moment && moment <= block.last) {
          alive += block.size;
        }
      }
      peak = Math.max(peak, alive);
    }
    return peak;
  }
}
