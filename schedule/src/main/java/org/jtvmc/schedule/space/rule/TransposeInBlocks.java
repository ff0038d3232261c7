package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Bind;
import org.jtvmc.schedule.step.CacheRead;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.OrderStorage;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.SetScope;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;

/**
 * Elementwise work on a GPU that reads an operand down its columns: a block copies a tile of the
 * operand into shared memory along the operand's rows, and reads it along its own.
 *
 * <pre>
 *   for i, j: out[i, j] = f(in[j, i])
 *
 *   for i.0, j.0 (blocks):
 *     shared: tile[j.1, i.1] = in[j, i], neighbouring threads along i
 *     for i.1, j.1 (threads): out[i, j] = f(tile[j.1, i.1]), neighbouring threads along j
 * </pre>
 *
 * Read directly, each thread of a warp would bring in 32 bytes for one element. Rows of the tile
 * begin an odd number of banks apart, so that neither the copy nor the reading meets a bank twice.
 */
public final class TransposeInBlocks implements SketchRule {
  private static final String NONE = "none";
  private static final long THREADS = 256;

  /** Sides of tiles: a warp's threads have neighbours in one row. */
  private static final List<Long> SIDES = List.of(32L, 64L);

  /** With fewer rows or columns most threads of a tile would have nothing to do. */
  private static final long LEAST_EXTENT = 16;

  private static final int SECTOR_BYTES = 32;
  private static final int BANK_BYTES = 4;

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
    List<String> tiles = new ArrayList<>(List.of(NONE));
    SIDES.forEach(side -> tiles.add(side.toString()));
    String tile = state.pick(id + ".transpose", tiles, SIDES.getFirst().toString());
    if (tile.equals(NONE)) {
      new BindThreads().apply(state, stage);
      return;
    }
    Access access = columns.access();
    String operand = state.schedule().dag().id(access.tensor());
    String square = state.schedule().derivedId(operand, "read");
    state.apply(new CacheRead(operand, id, Scope.SHARED));
    inTiles(state, stage, square, columns, Long.parseLong(tile));
  }

  /** True where {@code stage} reads {@code producer} down its columns. */
  static boolean turns(SketchState state, Stage stage, Stage producer) {
    return columns(state, stage)
        .filter(columns -> columns.access().tensor() == producer.tensor())
        .isPresent();
  }

  /**
   * The same where the operand is a short reduction that is read nowhere else: the block computes
   * the tile in the place of copying it.
   */
  static void withOperand(SketchState state, Stage stage, Stage producer) {
    TurnedOperand columns = columns(state, stage).orElseThrow();
    long side = state.pick(stage.id() + ".transpose", SIDES, SIDES.getFirst());
    inTiles(state, stage, producer.id(), columns, side);
    state.apply(new SetScope(producer.id(), Scope.SHARED));
    state.stage(producer.id()).leaves().stream()
        .filter(IterVar::isReduce)
        .forEach(loop -> state.apply(new Unroll(producer.id(), loop.id())));
  }

  /** Cuts {@code stage} into tiles, for each of which a block makes {@code square}. */
  private static void inTiles(
      SketchState state, Stage stage, String square, TurnedOperand columns, long side) {
    String id = stage.id();
    tileConsumer(state, stage, columns.row(), side);
    List<IterVar> loops = state.stage(id).leaves();
    state.apply(new ComputeAt(square, id, loops.getFirst().id()));
    state.markScheduled(square);
    List<String> axes =
        state.stage(square).axes().stream()
            .filter(axis -> !axis.isReduce())
            .map(IterVar::id)
            .toList();
    long length = Math.min(side, stage.op().axes().get(columns.row()).size());
    long most = padding(length, columns.access().tensor().dtype().bytes());
    List<Long> paddings = most == 0 ? List.of(0L) : List.of(0L, most);
    long padding = state.pick(id + ".pad", paddings, most);
    if (padding > 0) {
      state.apply(new OrderStorage(square, axes, padding));
    }
    String all = state.fuse(square, axes);
    long threads = loops.getLast().extent();
    state.apply(new Split(square, all, List.of(threads)));
    state.apply(new Bind(square, state.stage(square).leaves().get(1).id(), ThreadTag.THREAD_X));
  }

  /** The elements after which rows begin an odd number of banks, or of elements, apart. */
  private static long padding(long length, long bytes) {
    long unit = Math.max(BANK_BYTES, bytes);
    long padding = 0;
    while ((length + padding) * bytes % (2 * unit) != unit) {
      padding++;
    }
    return padding;
  }

  /** Blocks, then what a thread has one after the other, then threads, neighbours in columns. */
  private static void tileConsumer(SketchState state, Stage stage, int rowAxis, long side) {
    String id = stage.id();
    String row = stage.axes().get(rowAxis).id();
    String column = stage.axes().getLast().id();
    long steps = Math.ceilDiv(side * side, THREADS);
    state.apply(new Split(id, row, List.of(steps, side / steps)));
    state.apply(new Split(id, column, List.of(side)));
    List<String> blocks = new ArrayList<>();
    for (IterVar axis : stage.axes()) {
      boolean tiled = axis.id().equals(row) || axis.id().equals(column);
      blocks.add(tiled ? axis.id() + ".0" : axis.id());
    }
    List<String> order = new ArrayList<>(blocks);
    order.addAll(List.of(row + ".1", row + ".2", column + ".1"));
    state.apply(new Reorder(id, order));
    String block = state.fuse(id, blocks);
    String thread = state.fuse(id, List.of(row + ".2", column + ".1"));
    state.apply(new Bind(id, block, ThreadTag.BLOCK_X));
    state.apply(new Unroll(id, row + ".1"));
    state.apply(new Bind(id, thread, ThreadTag.THREAD_X));
  }

  /** Empty where no operand is read down its columns, or several are. */
  private static Optional<TurnedOperand> columns(SketchState state, Stage stage) {
    return TurnedOperand.of(
        state,
        stage,
        LEAST_EXTENT,
        access ->
            TurnedOperand.distance(stage, access) * access.tensor().dtype().bytes()
                >= SECTOR_BYTES);
  }
}
