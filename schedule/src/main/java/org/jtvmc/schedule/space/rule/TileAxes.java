package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.PlaceholderOp;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.RegisterTile;

/**
 * The two axes of a reduction whose outputs fill the register tile.
 *
 * @param vector the index, among the reduction's axes, of the one that goes into vector lanes
 * @param row the index of the one whose values take registers of their own; -1 for none
 * @param vectorExtent how many consecutive values of the vector axis the consumer reads in a row
 * @param rowExtent the same for the row axis; 1 for none
 * @param operands how the reduction's operands depend on the two
 * @param scatter true where consecutive lanes lie apart in the consumer's output
 */
record TileAxes(
    int vector,
    int row,
    long vectorExtent,
    long rowExtent,
    List<RegisterTile.Operand> operands,
    boolean scatter) {
  /** Lines this far apart fall into the same set of a first cache. */
  private static final long SET_PERIOD_BYTES = 4096;

  /** What a set of the first cache holds. */
  private static final long LINES_OF_A_SET = 12;

  /** Cycles for each element of a vector whose elements go to places of their own. */
  private static final double SCATTERED_STORE = 1.1;

  /** Pairs of axes, the fastest by the model first. */
  record Ranked(List<TileAxes> axes) {
    Ranked {
      axes = List.copyOf(axes);
    }
  }

  /** All pairs of axes that the consumer's loops can tile, the fastest by the model first. */
  static List<TileAxes> candidates(
      CpuTarget target, Stage consumer, Stage producer, List<Access> accesses, int[] consumerAxis) {
    int rank = producer.op().axes().size();
    List<TileAxes> candidates = new ArrayList<>();
    for (int vector = 0; vector < rank; vector++) {
      if (consumerAxis[vector] < 0) {
        continue;
      }
      candidates.add(of(target, consumer, producer, accesses, consumerAxis, vector, -1));
      // Of equally good axes the inner one: its rows lie closest.
      for (int row = rank - 1; row >= 0; row--) {
        if (row != vector
            && consumerAxis[row] >= 0
            && consumerAxis[row] != consumerAxis[vector]
            && producer.op().axes().get(row).size() > 1) {
          candidates.add(of(target, consumer, producer, accesses, consumerAxis, vector, row));
        }
      }
    }
    int lanes = target.lanes(Math.max(1, producer.op().dtype().bytes()));
    // The model looks at hundreds of tiles: once for each pair, and not for each comparison.
    Map<TileAxes, Double> cycles = new IdentityHashMap<>();
    candidates.forEach(axes -> cycles.put(axes, axes.cycles(target, producer, lanes)));
    candidates.sort(Comparator.comparingDouble(cycles::get));
    return candidates;
  }

  private static TileAxes of(
      CpuTarget target,
      Stage consumer,
      Stage producer,
      List<Access> accesses,
      int[] consumerAxis,
      int vector,
      int row) {
    Axis vectorAxis = producer.op().axes().get(vector);
    Optional<Axis> rowAxis =
        row < 0 ? Optional.empty() : Optional.of(producer.op().axes().get(row));
    List<RegisterTile.Operand> operands =
        accesses.stream()
            .map(
                access -> {
                  boolean packed =
                      access.tensor().op() instanceof PlaceholderOp input && input.constant();
                  long stride = packed ? 1 : access.stride(vectorAxis.var()).orElse(Long.MAX_VALUE);
                  boolean byLane = access.dependsOn(vectorAxis.var());
                  return new RegisterTile.Operand(
                      rowAxis.isPresent() && access.dependsOn(rowAxis.get().var()),
                      byLane,
                      stride,
                      newLines(access, packed, byLane, rowAxis, producer),
                      packed ? Long.MAX_VALUE : rowsKept(target, access, rowAxis));
                })
            .toList();
    List<Axis> outputs = consumer.op().axes();
    boolean scatter =
        outputs.subList(consumerAxis[vector] + 1, outputs.size()).stream()
            .anyMatch(axis -> axis.size() > 1);
    return new TileAxes(
        vector,
        row,
        Math.min(vectorAxis.size(), outputs.get(consumerAxis[vector]).size()),
        rowAxis.map(a -> Math.min(a.size(), outputs.get(consumerAxis[row]).size())).orElse(1L),
        operands,
        scatter);
  }

  private static double newLines(
      Access access, boolean packed, boolean byLane, Optional<Axis> row, Stage producer) {
    List<Axis> reduced = producer.op().reduceAxes();
    if (!byLane) {
      boolean sideBySide =
          packed
              || row.map(axis -> isNear(access, axis)).orElse(false)
              || reduced.stream().anyMatch(axis -> axis.size() >= 16 && isNear(access, axis));
      return sideBySide ? 1.0 / 16 : 1;
    }
    if (packed) {
      return 1;
    }
    long window = 1;
    for (Axis axis : reduced) {
      window *= axis.size() < 16 ? axis.size() : 1;
    }
    return 1.0 / Math.min(8, window);
  }

  /**
   * Rows that lie a page or more apart, all at the same place of one, share a set. Lines of the
   * other operands pass through it as well, and take what is to stay: that matters where it is not
   * found in the second cache again.
   */
  private static long rowsKept(CpuTarget target, Access access, Optional<Axis> row) {
    long element = access.tensor().dtype().bytes();
    long apart = element * row.map(axis -> access.stride(axis.var()).orElse(0)).orElse(0L);
    if (apart == 0 || apart % SET_PERIOD_BYTES != 0) {
      return Long.MAX_VALUE;
    }
    long bytes = element;
    for (Axis axis : Axes.of(access.tensor().shape())) {
      bytes *= axis.size();
    }
    return bytes > target.caches().l2() / 2 ? LINES_OF_A_SET / 2 : LINES_OF_A_SET;
  }

  private static boolean isNear(Access access, Axis axis) {
    return isSmall(access.stride(axis.var()).orElse(Long.MAX_VALUE));
  }

  private static boolean isSmall(long stride) {
    return stride >= 1 && stride <= 4;
  }

  /** The same axes where no more than so much of each is computed at once. */
  TileAxes within(long rows, long lanes) {
    return new TileAxes(
        vector, row, Math.min(vectorExtent, lanes), Math.min(rowExtent, rows), operands, scatter);
  }

  /** Modelled cycles for the whole reduction with the best tile on these axes. */
  double cycles(CpuTarget target, Stage producer, int lanes) {
    double outputs = 1;
    for (Axis axis : producer.op().axes()) {
      outputs *= axis.size();
    }
    double reduced = ReductionShape.work(producer) / outputs;
    double tiles = outputs / (vectorExtent * (double) rowExtent);
    double step = best(target, lanes).cycles(rowExtent, vectorExtent, lanes, operands);
    double stores = outputs * (scatter ? SCATTERED_STORE : 1.0 / lanes);
    return tiles * step * reduced + stores;
  }

  /** The register tile that the model takes for the fastest. */
  RegisterTile best(CpuTarget target, int lanes) {
    return RegisterTile.best(target, rowExtent, vectorExtent, lanes, operands);
  }
}
