package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.PlaceholderOp;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Pack;

/**
 * Which operands of a tiled reduction are rewritten into the order in which its loops read them:
 * constants when the kernel is compiled, others in each run. The latter costs a copy, and is worth
 * it for an operand that many tiles read, and that lies badly: with rows so far apart that each is
 * on a page of its own, and all in the same few sets of the first cache. Such a copy is made as a
 * whole, beforehand, or panel by panel, by the thread that uses the panel, in its second cache.
 */
record OperandPacking(Stage producer, List<Access> accesses) {
  /** Distance of rows, in bytes, from which on they are taken to lie badly. */
  private static final long FAR_APART = 2048;

  /** Tiles that must read an element for a copy to pay. */
  private static final long MANY_TILES = 24;

  /** What threads may wait for each other, over the work of one: panels cannot be shared. */
  private static final double MOST_UNEVEN = 1.05;

  private static final String NO = "no";
  private static final String WHOLE = "yes";
  private static final String PANELS = "panels";

  /**
   * A loop that walks along the vectors and nothing else.
   *
   * @param at the loop
   * @param width elements of the vectors' axis inside one iteration
   */
  record Panels(Attachment.At at, long width) {}

  /**
   * Decides for each operand.
   *
   * @param panels the outermost of the loops, where it is one over panels; empty where the panels
   *     come again for each of other tiles
   * @param beside bytes that a thread has on its stack beside a panel
   */
  void apply(SketchState state, TileAxes axes, long rows, Optional<Panels> panels, long beside) {
    long most = CpuTarget.MOST_STACK_BYTES - beside;
    for (Access access : accesses) {
      if (!isPackable(access)) {
        continue;
      }
      String operand = state.schedule().dag().id(access.tensor());
      boolean constant = ((PlaceholderOp) access.tensor().op()).constant();
      boolean byPanel =
          !constant
              && panels.filter(p -> bytes(state, access, axes, p.width) <= most).isPresent()
              && isOfPanel(access, axes);
      boolean preferred = constant || pays(access, axes, rows);
      // A constant's options come in the order in which records of all versions have them.
      List<String> options =
          constant ? List.of(WHOLE, NO) : byPanel ? List.of(NO, WHOLE, PANELS) : List.of(NO, WHOLE);
      String picked =
          state.pick(
              producer.id() + ".pack." + operand,
              options,
              !preferred ? NO : byPanel ? PANELS : WHOLE);
      switch (picked) {
        case WHOLE -> state.apply(new Pack(operand, producer.id()));
        case PANELS -> state.apply(new Pack(operand, producer.id(), panels.map(Panels::at)));
        default -> {}
      }
    }
  }

  /**
   * How many panels of {@code width} a thread had better copy at once, and read one after the other
   * for each tile of rows: the other operand then moves so many times less. Zero where copies of
   * panels do not pay, or do not come out even among the threads.
   */
  long panelsAtOnce(CpuTarget target, TileAxes axes, long rows, long width) {
    long best = 0;
    for (Access access : accesses) {
      boolean constant = access.tensor().constantSource().isPresent();
      if (constant
          || !isPackable(access)
          || !isOfPanel(access, axes)
          || !pays(access, axes, rows)) {
        continue;
      }
      long panels = Math.ceilDiv(axes.vectorExtent(), width);
      long most = Math.min(CpuTarget.MOST_STACK_BYTES, target.caches().l2() / 2);
      for (long at = 1; at <= panels && bytes(access, axes, at * width) <= most; at *= 2) {
        long parts = Math.ceilDiv(panels, at);
        long longest = Math.ceilDiv(parts, (long) target.cores());
        if (longest * target.cores() * at <= MOST_UNEVEN * panels) {
          best = at;
        }
      }
    }
    return best;
  }

  /** A matrix or more that is read in one way, by loops and nothing else. */
  private boolean isPackable(Access access) {
    return access.tensor().op() instanceof PlaceholderOp input
        && input.shape().size() > 1
        && access.isLinearIn(producer.op().axes())
        && access.isLinearIn(producer.op().reduceAxes())
        && accesses.stream().filter(other -> other.tensor() == access.tensor()).count() == 1;
  }

  /** True where lanes need elements of their own, which all rows of a tile share. */
  private boolean isOfPanel(Access access, TileAxes axes) {
    Axis vector = producer.op().axes().get(axes.vector());
    boolean byRow = axes.row() >= 0 && access.dependsOn(producer.op().axes().get(axes.row()).var());
    return !byRow && access.dependsOn(vector.var());
  }

  /** How much is read of the operand for {@code width} elements of the vectors' axis. */
  private long bytes(Access access, TileAxes axes, long width) {
    List<Axis> all = new ArrayList<>(producer.op().axes());
    Axis vector = all.remove(axes.vector());
    all.addAll(producer.op().reduceAxes());
    long bytes = access.tensor().dtype().bytes() * (access.dependsOn(vector.var()) ? width : 1);
    for (Axis axis : all) {
      bytes *= access.dependsOn(axis.var()) ? axis.size() : 1;
    }
    return bytes;
  }

  /** The same once the loops are there: what an uneven split goes beyond an axis is copied too. */
  private long bytes(SketchState state, Access access, TileAxes axes, long width) {
    long bytes = bytes(access, axes, width);
    Stage stage = state.stage(producer.id());
    int spatial = producer.op().axes().size();
    for (int i = spatial; i < stage.axes().size(); i++) {
      Axis axis = producer.op().reduceAxes().get(i - spatial);
      if (access.dependsOn(axis.var())) {
        bytes = bytes / axis.size() * InputPlacement.inside(stage, stage.axes().get(i).id(), 0);
      }
    }
    return bytes;
  }

  /** What single elements are broadcast from lies well enough: a line of it serves many steps. */
  private boolean pays(Access access, TileAxes axes, long rows) {
    if (!isOfPanel(access, axes)) {
      return false;
    }
    long bytes = access.tensor().dtype().bytes();
    long farthest =
        producer.op().reduceAxes().stream()
            .mapToLong(axis -> bytes * Math.abs(access.stride(axis.var()).orElse(0)))
            .max()
            .orElse(0);
    return farthest >= FAR_APART && Math.ceilDiv(axes.rowExtent(), rows) >= MANY_TILES;
  }
}
