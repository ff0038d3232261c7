package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * Softmax, layer normalisation and their like in one pass: the stage that is written runs row by
 * row over the threads, and everything that it needs of a row (maxima, sums, exponentials) is
 * computed just before that row is written, while the row is in the first cache. Reductions along
 * the row use the lanes of vectors. Several rows may pass each stage together: the end of a row's
 * reduction, across the lanes, is a long chain, and that of one row fills the time of another's.
 */
public final class ReduceRows implements SketchRule {
  private static final double LEAST_PARALLEL_WORK = 60_000;

  /** As many chains across lanes hide each other; more rows only take more of the first cache. */
  private static final long ROWS_TOGETHER = 4;

  /** Blocks of rows for each thread, at least. */
  private static final long LEAST_BLOCKS = 8;

  @Override
  public boolean applies(SketchState state, Stage stage) {
    if (!stage.isRoot() || !stage.isFresh() || stage.op().axes().isEmpty()) {
      return false;
    }
    if (stage.isReduction()) {
      return ReductionShape.of(state, stage).reduceLanes();
    }
    List<Stage> group = group(state, stage);
    return group.stream().anyMatch(Stage::isReduction) && rows(state, stage, group) > 0;
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    String id = stage.id();
    List<Stage> group = stage.isReduction() ? List.of() : group(state, stage);
    int rows = stage.isReduction() ? stage.op().axes().size() : rows(state, stage, group);
    if (stage.isReduction()) {
      LaneReduction.factor(state, stage).ifPresent(partial -> {});
    } else if (rows < stage.axes().size()) {
      vectorizeLast(state, id, stage.axes().getLast().id());
    }
    List<String> outer =
        new ArrayList<>(stage.axes().subList(0, rows).stream().map(IterVar::id).toList());
    long together = stage.isReduction() ? 1 : rowsTogether(state, stage, group, outer);
    if (together > 1) {
      String last = outer.removeLast();
      state.apply(new Split(id, last, List.of(together)));
      outer.add(last + ".0");
      if (readsForAllRows(state, stage, rows)) {
        columnsOutside(state, id, last + ".1");
      }
    }
    double work =
        group.stream().mapToDouble(ReductionShape::work).sum() + ReductionShape.work(stage);
    // Parallel comes last: the row loop must be known before anything is computed in it.
    OuterLoops.parallelize(state, id, outer, work >= LEAST_PARALLEL_WORK);
    String row = rowLoop(state.stage(id), outer);
    if (stage.isReduction()) {
      state
          .schedule()
          .find(LaneReduction.partialOf(id))
          .ifPresent(partial -> LaneReduction.placePartial(state, partial.id(), id, row));
      LaneReduction.combineLanes(state, id);
    }
    place(state, group, id, row, together > 1 ? rows : 0);
  }

  /** How many rows pass each stage together: as many as leave the first cache room enough. */
  private static long rowsTogether(
      SketchState state, Stage stage, List<Stage> group, List<String> outer) {
    List<Long> extents =
        outer.stream().map(row -> stage.leaf(row).map(IterVar::extent).orElse(1L)).toList();
    List<Long> options =
        Stream.of(1L, 2L, ROWS_TOGETHER, 2 * ROWS_TOGETHER)
            .filter(rows -> extents.getLast() % rows == 0)
            .toList();
    double rows = extents.stream().mapToDouble(extent -> extent).reduce(1, (a, b) -> a * b);
    double points = stage.axes().stream().mapToDouble(IterVar::extent).reduce(1, (a, b) -> a * b);
    long kept = 2 + group.stream().filter(member -> !member.isReduction()).count();
    double rowBytes = kept * stage.op().dtype().bytes() * points / rows;
    long preferred =
        options.stream()
            .filter(n -> n <= ROWS_TOGETHER)
            .filter(n -> n == 1 || n * rowBytes <= state.target().caches().l1() / 2.0)
            .filter(n -> n == 1 || rows / n >= LEAST_BLOCKS * state.target().cores())
            .max(Long::compare)
            .orElse(1L);
    return options.size() == 1 ? 1 : state.pick(stage.id() + ".rowblock", options, preferred);
  }

  /** Whether the stage reads what is the same for rows one below the other: a scale, a bias. */
  private static boolean readsForAllRows(SketchState state, Stage stage, int rows) {
    PrimVar row = stage.op().axes().get(rows - 1).var();
    List<Axis> columns = stage.op().axes().subList(rows, stage.op().axes().size());
    return Access.of(state.schedule(), stage).stream()
        .anyMatch(
            access ->
                !access.dependsOn(row)
                    && columns.stream().anyMatch(column -> access.dependsOn(column.var())));
  }

  /**
   * Takes the rows that pass together one vector after the other: what is the same for all of them
   * is loaded once, and what a row has of its own stays in registers.
   */
  private static void columnsOutside(SketchState state, String stage, String row) {
    List<String> loops =
        new ArrayList<>(state.stage(stage).leaves().stream().map(IterVar::id).toList());
    loops.removeLast(); // the lanes
    loops.subList(0, loops.indexOf(row)).clear();
    Collections.rotate(loops, -1);
    state.apply(new Reorder(stage, loops));
    state.apply(new Unroll(stage, row));
  }

  /** Computes the members of a {@link #group}, for one row, inside one loop of its stage. */
  static void place(SketchState state, List<Stage> group, String stage, String loop) {
    place(state, group, stage, loop, 0);
  }

  /**
   * The same.
   *
   * @param rows the number of the members' leading axes that run through several rows inside the
   *     loop; 0 where it is one row
   */
  private static void place(
      SketchState state, List<Stage> group, String stage, String loop, int rows) {
    for (Stage member : group) {
      state.markScheduled(member.id());
      if (member.isReduction()) {
        Optional<String> partial = LaneReduction.factor(state, member);
        state.apply(new ComputeAt(member.id(), stage, loop));
        String host = rows == 0 ? stage : member.id();
        String row = rows == 0 ? loop : member.axes().get(rows - 1).id();
        partial.ifPresent(p -> LaneReduction.placePartial(state, p, host, row));
        LaneReduction.combineLanes(state, member.id());
      } else {
        state.apply(new ComputeAt(member.id(), stage, loop));
        vectorizeLast(state, member.id(), member.axes().getLast().id());
      }
    }
  }

  static void vectorizeLast(SketchState state, String stage, String axis) {
    Stage current = state.stage(stage);
    long extent = current.leaf(axis).orElseThrow().extent();
    long lanes = state.target().lanes(current.op().dtype().bytes());
    long width = extent % (2 * lanes) == 0 ? 2 * lanes : lanes;
    state.apply(new Split(stage, axis, List.of(width)));
    state.apply(new Vectorize(stage, axis + ".1"));
  }

  /** The innermost of the loops that the rows have become. */
  static String rowLoop(Stage stage, List<String> outer) {
    String last = outer.getLast();
    for (IterVar leaf : stage.leaves()) {
      boolean isLast = leaf.id().equals(last);
      boolean isFused = leaf.id().contains("+") && leaf.id().endsWith(last);
      if (isLast || isFused) {
        return leaf.id();
      }
    }
    throw new IllegalStateException("stage " + stage.id() + " has lost its loop over " + last);
  }

  /** The stages that only {@code stage} and other members read; consumers before producers. */
  static List<Stage> group(SketchState state, Stage stage) {
    return group(state, stage, List.of());
  }

  /** As the other, without {@code outside} and what these read. */
  static List<Stage> group(SketchState state, Stage stage, Collection<Stage> outside) {
    Set<String> members = new HashSet<>();
    members.add(stage.id());
    List<Stage> group = new ArrayList<>();
    for (Stage candidate : state.schedule().stages().reversed()) {
      if (candidate.isInlined()
          || candidate.isOutput()
          || state.isScheduled(candidate.id())
          || !candidate.isFresh()
          || candidate.op().axes().isEmpty()
          || outside.contains(candidate)) {
        continue;
      }
      List<Stage> readers = state.readers(candidate);
      boolean own = !readers.isEmpty() && readers.stream().allMatch(r -> members.contains(r.id()));
      boolean fits = !candidate.isReduction() || ReductionShape.of(state, candidate).reduceLanes();
      if (own && fits) {
        members.add(candidate.id());
        group.add(candidate);
      }
    }
    return group;
  }

  /** How many outer axes all members have in common with {@code stage}. */
  static int rows(SketchState state, Stage stage, List<Stage> group) {
    int rows = stage.op().axes().size();
    for (Stage reader : concat(stage, group)) {
      for (Access access : Access.of(state.schedule(), reader)) {
        if (group.stream().anyMatch(member -> member.tensor() == access.tensor())) {
          rows = Math.min(rows, leading(reader, access));
        }
      }
    }
    return rows;
  }

  private static List<Stage> concat(Stage stage, List<Stage> group) {
    List<Stage> all = new ArrayList<>(group);
    all.add(stage);
    return all;
  }

  /** How many leading indices are just the reader's axes, in order. */
  private static int leading(Stage reader, Access access) {
    List<Axis> axes = reader.op().axes();
    int count = 0;
    for (PrimExpr index : access.indices()) {
      if (count >= axes.size() || index != axes.get(count).var()) {
        break;
      }
      count++;
    }
    return count;
  }
}
