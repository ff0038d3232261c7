package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.CacheRead;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * An elementwise stage that reads an operand down its columns, tile by tile: whole vectors of the
 * operand's rows are copied into a small square first, and the columns are gathered from there.
 *
 * <pre>
 *   for i, j: out[i, j] = in[j, i]
 *
 *   for i.0, j.0, i.1:
 *     for j.1: vectorized for i.2: square[j.1, i.2] = in[j, i]
 *     for i.2: vectorized for j.1: out[i, j] = square[j.1, i.2]
 * </pre>
 *
 * A square of one vector each way stays in registers and is turned by shuffles; a larger one is
 * gathered from. With several tiles along {@code i} (the row block) whole runs of the operand's
 * rows are read one after the other, which processors foresee.
 *
 * <p>Read directly, each element of a vector would bring in a line of its own; where rows are a
 * power of two long, all those lines are in the same few sets of the first cache and are gone
 * before their other elements are wanted.
 */
public final class TransposeTiles implements SketchRule {
  /** What part of the second cache's size the rows of a block of the result span at most. */
  private static final long REACH_OF_CACHE = 8;

  private static final String NONE = "none";

  /** Rows nearer to each other than this share lines. */
  private static final long FAR_APART = 16;

  private static final double LEAST_PARALLEL_WORK = 60_000;

  /** Shuffles work on parts of a register this wide: shorter vectors are gathered as fast. */
  private static final long LEAST_TURNED_BYTES = 32;

  /** Rows of a square in registers: more of them would be spilled. */
  private static final long MOST_TURNED = 16;

  /** Tiles one after the other along the operand's rows: two pages of loads at the most. */
  private static final long MOST_TILES = 16;

  /** Row blocks for each core that let the threads end together. */
  private static final long CHUNKS_PER_CORE = 4;

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return !stage.isReduction()
        && stage.isRoot()
        && stage.isFresh()
        && columns(state, stage).isPresent();
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    String id = stage.id();
    TurnedOperand columns = columns(state, stage).orElseThrow();
    long lanes = state.target().lanes(stage.op().dtype().bytes());
    List<String> tiles = new ArrayList<>(List.of(NONE));
    for (long height : List.of(lanes / 2, lanes, 2 * lanes)) {
      for (long width : List.of(lanes / 2, lanes, 2 * lanes, 4 * lanes)) {
        tiles.add(height + "x" + width);
      }
    }
    String turned = lanes + "x" + lanes;
    String tile =
        state.pick(
            id + ".transpose",
            tiles,
            isTurned(stage, lanes) ? turned : 2 * lanes + "x" + 2 * lanes);
    if (tile.equals(NONE)) {
      new VectorizeElementwise().apply(state, stage);
      return;
    }
    long height = Long.parseLong(tile.substring(0, tile.indexOf('x')));
    long width = Long.parseLong(tile.substring(tile.indexOf('x') + 1));
    String operand = state.schedule().dag().id(columns.access().tensor());
    String square = state.schedule().derivedId(operand, "read");
    state.apply(new CacheRead(operand, id, Scope.LOCAL));

    String row = stage.axes().get(columns.row()).id();
    String column = stage.axes().getLast().id();
    state.apply(new Split(id, row, List.of(rowBlock(state, stage, columns.row(), height), height)));
    state.apply(new Split(id, column, List.of(width)));
    List<String> outer = new ArrayList<>();
    for (IterVar axis : stage.axes().subList(0, stage.axes().size() - 1)) {
      outer.add(axis.id().equals(row) ? row + ".0" : axis.id());
    }
    List<String> order = new ArrayList<>(outer);
    order.addAll(List.of(column + ".0", row + ".1", row + ".2", column + ".1"));
    state.apply(new Reorder(id, order));
    double elements = ReductionShape.work(stage);
    OuterLoops.parallelize(state, id, outer, 2 * elements >= LEAST_PARALLEL_WORK);
    state.apply(new ComputeAt(square, id, row + ".1"));
    state.markScheduled(square);
    List<IterVar> copied = state.stage(square).axes();
    state.apply(new Vectorize(square, copied.getLast().id()));
    if (tile.equals(turned) && isTurned(stage, lanes)) {
      copied.subList(0, copied.size() - 1).stream()
          .forEach(axis -> state.apply(new Unroll(square, axis.id())));
    }
    state.apply(new Vectorize(id, column + ".1"));
    state.apply(new Unroll(id, row + ".2"));
  }

  /** True where a square of one vector each way is turned in registers. */
  private static boolean isTurned(Stage stage, long lanes) {
    return lanes <= MOST_TURNED && lanes * stage.op().dtype().bytes() >= LEAST_TURNED_BYTES;
  }

  /**
   * Decides how many tiles are next to each other along the operand's rows: the more of a row is
   * read in one piece, the better the processor foresees it, but the rows of the result that are
   * written in turn must not lie too far apart for the addresses and lines that it keeps at hand.
   */
  private static long rowBlock(SketchState state, Stage stage, int row, long height) {
    List<Axis> axes = stage.op().axes();
    double others = 1;
    for (int i = 0; i < axes.size() - 1; i++) {
      others *= i == row ? 1 : axes.get(i).size();
    }
    long distance = stage.op().dtype().bytes();
    for (Axis inner : axes.subList(row + 1, axes.size())) {
      distance *= inner.size();
    }
    long reach = state.target().caches().l2() / REACH_OF_CACHE;
    List<Long> options = new ArrayList<>();
    long preferred = 1;
    // One tile is always there, though it may be higher than what there are rows.
    for (long tiles = 1;
        tiles == 1 || (tiles <= MOST_TILES && tiles * height <= axes.get(row).size());
        tiles *= 2) {
      options.add(tiles);
      long chunks = Math.ceilDiv(axes.get(row).size(), tiles * height);
      boolean near = tiles == 1 || tiles * height * distance <= reach;
      if (near && others * chunks >= CHUNKS_PER_CORE * state.target().cores()) {
        preferred = tiles;
      }
    }
    return state.pick(stage.id() + ".rowblock", options, preferred);
  }

  /** Empty where no operand is read down its columns, or several are. */
  private static Optional<TurnedOperand> columns(SketchState state, Stage stage) {
    long lanes = state.target().lanes(stage.op().dtype().bytes());
    return lanes < 4
        ? Optional.empty()
        : TurnedOperand.of(
            state,
            stage,
            lanes,
            access ->
                TurnedOperand.distance(stage, access) >= FAR_APART
                    && access.tensor().dtype().bytes() >= 2);
  }
}
