package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Bind;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Fuse;
import org.jtvmc.schedule.step.OrderStorage;
import org.jtvmc.schedule.step.SetScope;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * Softmax, layer normalisation, sums of rows and their like in one kernel: the threads of a warp or
 * of a block share a row. Each reduction combines the threads' own results by shuffles; what is
 * computed of every element and read again (exponentials) is kept in shared memory.
 */
public final class ReduceRowsTogether implements SketchRule {
  private static final long MOST_SHARED_BYTES = CudaTarget.STATIC_SHARED_BYTES;
  private static final long LEAST_ROW = 16;

  /** Elements of a row that a thread can keep in registers, where its loops are unrolled. */
  static final long MOST_KEPT = 32;

  /** The elements of a row for which one warp is enough. */
  private static final long WARP_ROW = 1024;

  @Override
  public boolean applies(SketchState state, Stage stage) {
    if (!stage.isRoot() || !stage.isFresh()) {
      return false;
    }
    if (stage.isReduction()) {
      return ReductionShape.of(state, stage).reduceLanes() && isLong(stage);
    }
    List<Stage> group = ReduceRows.group(state, stage);
    int rows = stage.op().axes().isEmpty() ? 0 : ReduceRows.rows(state, stage, group);
    return group.stream().anyMatch(Stage::isReduction)
        && group.stream().filter(Stage::isReduction).allMatch(ReduceRowsTogether::isLong)
        && rows > 0
        && sharedBytes(group, rows) <= MOST_SHARED_BYTES;
  }

  /** True for a reduction of enough elements to be shared by the threads of a warp. */
  static boolean isLong(Stage stage) {
    return reduced(stage) >= LEAST_ROW;
  }

  private static long reduced(Stage stage) {
    return product(stage.op().reduceAxes());
  }

  private static long product(List<Axis> axes) {
    return axes.stream().mapToLong(Axis::size).reduce(1, (a, b) -> a * b);
  }

  /** What the members that are not reductions take for one row. */
  private static long sharedBytes(List<Stage> group, int rows) {
    return group.stream()
        .filter(member -> !member.isReduction())
        .mapToLong(
            member ->
                product(member.op().axes().subList(rows, member.op().axes().size()))
                    * member.op().dtype().bytes())
        .sum();
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    String id = stage.id();
    List<Stage> group = stage.isReduction() ? List.of() : ReduceRows.group(state, stage);
    int rows =
        stage.isReduction() ? stage.op().axes().size() : ReduceRows.rows(state, stage, group);
    long length =
        LongStream.concat(
                LongStream.of(
                    stage.isReduction()
                        ? reduced(stage)
                        : product(stage.op().axes().subList(rows, stage.op().axes().size()))),
                group.stream().filter(Stage::isReduction).mapToLong(ReduceRowsTogether::reduced))
            .max()
            .orElseThrow();
    long threads = state.pick(id + ".threads", threadOptions(length), preferredThreads(length));
    long rowsTogether = rows == 0 ? 1 : rowsTogether(state, stage, rows, threads, group);

    List<String> rowAxes = stage.axes().subList(0, rows).stream().map(IterVar::id).toList();
    boolean inner = !stage.isReduction() && rows < stage.op().axes().size();
    String row = rows == 0 ? null : bindRows(state, id, rowAxes, rowsTogether, inner, stage);
    if (stage.isReduction()) {
      shareReduction(state, id, threads);
      return;
    }
    if (inner) {
      shareLoop(state, id, spatialFrom(state, id, rows), threads);
    }
    placeMembers(state, group, id, row, rows, rowsTogether > 1 ? rows - 1 : -1, threads);
  }

  /**
   * Has the threads of a row make what only the stage that they write needs of it.
   *
   * @param group the stages to place, consumers before producers
   * @param host that stage, of which {@code row} is the loop for one row
   * @param rows how many of the outer axes are rows
   * @param apart the number of the axis along which {@code threadIdx.y} takes rows; -1 for none
   * @param threads of a row
   */
  static void placeMembers(
      SketchState state,
      List<Stage> group,
      String host,
      String row,
      int rows,
      int apart,
      long threads) {
    Set<Tensor> ofAllRows = new HashSet<>();
    for (Stage member : group) {
      state.markScheduled(member.id());
      // What is in shared memory is made for all rows, and so is what it takes.
      if (!member.isReduction() || ofAllRows.contains(member.tensor())) {
        Access.of(state.schedule(), member).forEach(access -> ofAllRows.add(access.tensor()));
      }
      state.apply(new ComputeAt(member.id(), host, row));
      if (member.isReduction()) {
        if (apart >= 0 && ofAllRows.contains(member.tensor())) {
          state.apply(new Bind(member.id(), member.axes().get(apart).id(), ThreadTag.THREAD_Y));
        }
        shareReduction(state, member.id(), threads);
        continue;
      }
      state.apply(new SetScope(member.id(), Scope.SHARED));
      if (apart >= 0) {
        state.apply(new Bind(member.id(), member.axes().get(apart).id(), ThreadTag.THREAD_Y));
      }
      if (rows < member.op().axes().size()) {
        alignRows(state, member, rows, threads);
        String loop = spatialFrom(state, member.id(), rows);
        shareLoop(state, member.id(), loop, threads);
      }
    }
  }

  /** Rows begin where the threads' turns over one end, so that each thread's part is its own. */
  private static void alignRows(SketchState state, Stage member, int rows, long threads) {
    List<Axis> axes = member.op().axes();
    long length = axes.getLast().size();
    long turn = threads * width(member, length, threads);
    if (rows == axes.size() - 1 && length % turn != 0) {
      List<String> order = member.axes().stream().limit(axes.size()).map(IterVar::id).toList();
      state.apply(new OrderStorage(member.id(), order, turn - length % turn));
    }
  }

  private static List<Long> threadOptions(long length) {
    List<Long> options = new ArrayList<>();
    for (long threads = 32; threads <= 1024; threads *= 2) {
      if (threads == 32 || threads <= length) {
        options.add(threads);
      }
    }
    return options;
  }

  /** A warp for a short row; else so many that each thread has eight elements. */
  private static long preferredThreads(long length) {
    if (length <= WARP_ROW) {
      return CudaTarget.WARP;
    }
    return Math.clamp(Long.highestOneBit(length / 16), 128, 1024);
  }

  /**
   * How many rows a block takes: what divides the innermost row axis, and by default leaves a block
   * for each multiprocessor.
   */
  private static long rowsTogether(
      SketchState state, Stage stage, int rows, long threads, List<Stage> group) {
    long extent = stage.op().axes().get(rows - 1).size();
    long all = product(stage.op().axes().subList(0, rows));
    long bytes = Math.max(1, sharedBytes(group, rows));
    List<Long> options = new ArrayList<>();
    long preferred = 1;
    for (long count = 1; count <= 32 && count * threads <= 1024; count++) {
      if (extent % count == 0 && count * bytes <= MOST_SHARED_BYTES) {
        options.add(count);
        boolean enough = all / count >= state.gpu().multiprocessors();
        preferred = count * threads <= 256 && enough ? count : preferred;
      }
    }
    return state.pick(stage.id() + ".rows", options, preferred);
  }

  /**
   * Binds the rows to blocks and, where a block takes several, to {@code threadIdx.y}.
   *
   * @param inner true where loops over the row's elements follow; else one thread writes the row
   * @return the loop that stands for one row
   */
  private static String bindRows(
      SketchState state, String id, List<String> axes, long together, boolean inner, Stage stage) {
    String last = axes.getLast();
    boolean alone = !inner && !stage.isReduction();
    List<Long> factors = new ArrayList<>();
    if (together > 1) {
      factors.add(together);
    }
    if (alone) {
      factors.add(1L);
    }
    List<String> blocks = new ArrayList<>(axes);
    if (!factors.isEmpty()) {
      state.apply(new Split(id, last, factors));
      blocks.set(blocks.size() - 1, last + ".0");
    }
    String block = blocks.getFirst();
    if (blocks.size() > 1) {
      Fuse fuse = new Fuse(id, blocks);
      state.apply(fuse);
      block = fuse.fused();
    }
    state.apply(new Bind(id, block, ThreadTag.BLOCK_X));
    if (together > 1) {
      state.apply(new Bind(id, last + ".1", ThreadTag.THREAD_Y));
    }
    if (alone) {
      state.apply(new Bind(id, last + "." + factors.size(), ThreadTag.THREAD_X));
    }
    return together > 1 ? last + ".1" : block;
  }

  /** The loops of the row's elements, made one. */
  static String spatialFrom(SketchState state, String id, int rows) {
    List<String> axes =
        state.stage(id).axes().stream()
            .filter(axis -> !axis.isReduce())
            .skip(rows)
            .map(IterVar::id)
            .toList();
    return state.fuse(id, axes);
  }

  /** Has a row of threads make a reduction. */
  static void shareReduction(SketchState state, String id, long threads) {
    List<String> axes =
        state.stage(id).axes().stream().filter(IterVar::isReduce).map(IterVar::id).toList();
    shareLoop(state, id, state.fuse(id, axes), threads);
  }

  /** How many neighbouring elements of a row of {@code extent} a thread takes together. */
  private static long width(Stage stage, long extent, long threads) {
    long width = 16 / Math.max(4, stage.op().dtype().bytes());
    while (width > 1 && (extent % width != 0 || extent / width < threads)) {
      width /= 2;
    }
    return width;
  }

  /** Divides a loop among the threads of a row, in vectors where whole ones come out. */
  static void shareLoop(SketchState state, String id, String loop, long threads) {
    Stage stage = state.stage(id);
    long extent = stage.leaf(loop).orElseThrow().extent();
    long width = width(stage, extent, threads);
    String shared = loop;
    if (width > 1) {
      int position = stage.position(loop);
      state.apply(new Split(id, loop, List.of(width)));
      shared = state.stage(id).leaves().get(position).id();
      state.apply(new Vectorize(id, state.stage(id).leaves().get(position + 1).id()));
    }
    int position = state.stage(id).position(shared);
    state.apply(new Split(id, shared, List.of(threads)));
    List<IterVar> leaves = state.stage(id).leaves();
    String thread = leaves.get(position + 1).id();
    state.apply(new Bind(id, thread, ThreadTag.THREAD_X));
    IterVar turns = leaves.get(position);
    if (turns.extent() > 1 && turns.extent() * width <= MOST_KEPT) {
      state.apply(new Unroll(id, turns.id()));
    }
  }
}
