package org.jtvmc.schedule.space.rule;

import java.util.List;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.PlaceholderOp;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Pack;

/**
 * Which operands of a tiled reduction are rewritten into the order in which its loops read them:
 * constants when the kernel is compiled, others at the beginning of each run. The latter costs a
 * copy, and is worth it for an operand that many tiles read, and that lies badly: with rows so far
 * apart that each is on a page of its own, and all in the same few sets of the first cache.
 */
record OperandPacking(Stage producer, List<Access> accesses) {
  /** Distance of rows, in bytes, from which on they are taken to lie badly. */
  private static final long FAR_APART = 2048;

  /** Tiles that must read an element for a copy to pay. */
  private static final long MANY_TILES = 24;

  /** Decides for each operand. */
  void apply(SketchState state, TileAxes axes, long rows) {
    for (Access access : accesses) {
      if (!isPackable(access)) {
        continue;
      }
      String operand = state.schedule().dag().id(access.tensor());
      boolean constant = ((PlaceholderOp) access.tensor().op()).constant();
      boolean preferred = constant || pays(access, axes, rows);
      // A constant's options come in the order in which records of all versions have them.
      List<String> options = constant ? List.of("yes", "no") : List.of("no", "yes");
      String picked =
          state.pick(producer.id() + ".pack." + operand, options, preferred ? "yes" : "no");
      if (picked.equals("yes")) {
        state.apply(new Pack(operand, producer.id()));
      }
    }
  }

  /** A matrix or more that is read in one way, by loops and nothing else. */
  private boolean isPackable(Access access) {
    return access.tensor().op() instanceof PlaceholderOp input
        && input.shape().size() > 1
        && access.isLinearIn(producer.op().axes())
        && access.isLinearIn(producer.op().reduceAxes())
        && accesses.stream().filter(other -> other.tensor() == access.tensor()).count() == 1;
  }

  /** What single elements are broadcast from lies well enough: a line of it serves many steps. */
  private boolean pays(Access access, TileAxes axes, long rows) {
    Axis vector = producer.op().axes().get(axes.vector());
    boolean byRow = axes.row() >= 0 && access.dependsOn(producer.op().axes().get(axes.row()).var());
    if (byRow || !access.dependsOn(vector.var())) {
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
