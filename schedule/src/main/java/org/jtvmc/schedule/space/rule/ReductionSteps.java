package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.schedule.space.RegisterTile;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;

/**
 * How many steps of a reduction the body of its innermost loop takes. One step of a register tile
 * is so short that counting, comparing and jumping after each takes issue slots of the multiply-add
 * units, and power; but a body that a processor cannot keep in the queue behind its decoders is
 * fetched again in each iteration, which costs as much.
 *
 * @param tile what one step computes
 */
record ReductionSteps(RegisterTile tile) {
  /** Axes of at most this many elements are a window's, and unrolled whole. */
  private static final long LONGEST_WINDOW = 7;

  /** Instructions that the queue behind the decoders holds, from which it repeats loops. */
  private static final long REPEATED = 140;

  /** Multiply-adds beyond which compiling takes long and running gains nothing. */
  private static final long MOST_MULTIPLY_ADDS = 640;

  /** Accumulators beside which the operands of several steps fit. */
  private static final int SPARE_REGISTERS_BELOW = 20;

  private static final List<Long> PARTS = List.of(2L, 3L, 4L, 6L, 8L);

  /**
   * Decides, and unrolls.
   *
   * @param loops the reduction's loops inside a tile, outermost first
   * @return the loops, some of them cut in two, in the same order
   */
  List<String> apply(SketchState state, String stage, List<String> loops) {
    List<String> result = new ArrayList<>(loops);
    int last = loops.size() - 1;
    while (last > 0 && extent(state, stage, loops.get(last)) == 1) {
      last--;
    }
    if (last < 0) {
      return result;
    }
    List<Long> options = new ArrayList<>(List.of(1L));
    boolean window = extent(state, stage, loops.get(last)) <= LONGEST_WINDOW;
    if (window) {
      options.addAll(windows(state, stage, loops.subList(0, last + 1)));
    } else {
      options.addAll(parts(extent(state, stage, loops.get(last))));
    }
    options.removeIf(steps -> steps > 1 && steps * tile.registers() > MOST_MULTIPLY_ADDS);
    long extent = extent(state, stage, loops.get(last));
    long steps = state.pick(stage + ".unroll", options, preferred(options, window, extent));
    if (window) {
      unrollWindow(state, stage, loops.subList(0, last + 1), steps);
    } else if (steps > 1) {
      String loop = loops.get(last);
      state.apply(new Split(stage, loop, List.of(steps)));
      result.set(last, loop + ".0");
      result.add(last + 1, loop + ".1");
      state.apply(new Unroll(stage, loop + ".1"));
    }
    return result;
  }

  private long preferred(List<Long> options, boolean window, long extent) {
    // With registers to spare, loads of one step of a window overlap the arithmetic of another.
    if (window
        && tile.registers() <= SPARE_REGISTERS_BELOW
        && options.getLast() * tile.rows() <= SlidingWindow.MOST_STATEMENTS) {
      return options.getLast();
    }
    long preferred = 1;
    for (long steps : options) {
      boolean even = window || extent % steps == 0;
      preferred = even && steps * instructions() <= REPEATED ? steps : preferred;
    }
    return preferred;
  }

  /** Of one step: multiply-adds and loads. */
  private long instructions() {
    return (long) tile.registers() + tile.rows() + tile.vectors();
  }

  private static long extent(SketchState state, String stage, String loop) {
    return state.stage(stage).leaf(loop).orElseThrow().extent();
  }

  private static List<Long> parts(long extent) {
    return PARTS.stream().filter(part -> part * part <= extent).toList();
  }

  /** The sizes of the innermost loop, of the two innermost, and so on, as far as a window goes. */
  private static List<Long> windows(SketchState state, String stage, List<String> loops) {
    List<Long> sizes = new ArrayList<>();
    long size = 1;
    for (String loop : loops.reversed()) {
      long extent = extent(state, stage, loop);
      if (extent > LONGEST_WINDOW) {
        break;
      }
      size *= extent;
      if (extent > 1) {
        sizes.add(size);
      }
    }
    return sizes;
  }

  private static void unrollWindow(
      SketchState state, String stage, List<String> loops, long steps) {
    long size = 1;
    for (String loop : loops.reversed()) {
      size *= extent(state, stage, loop);
      if (size > steps) {
        break;
      }
      state.apply(new Unroll(stage, loop));
    }
  }
}
