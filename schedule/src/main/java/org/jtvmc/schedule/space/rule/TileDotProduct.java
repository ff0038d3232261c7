package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.PlaceholderOp;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.intrinsic.TensorIntrinsic;
import org.jtvmc.schedule.intrinsic.TensorIntrinsics;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.RegisterTile;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.CacheWrite;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Pack;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Tensorize;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * A matrix product of narrow numbers by weights, where the target has an instruction for short dot
 * products: tiled in registers as any other product, each step of the reduction one instruction's
 * length, the weights packed so that the numbers of a lane lie side by side.
 */
public final class TileDotProduct implements SketchRule {
  private static final double LEAST_PARALLEL_WORK = 60_000;

  /**
   * What is to be tiled.
   *
   * @param consumer takes the product's elements; the product itself where nothing else does
   * @param axes the product's row and vector axes
   * @param column the consumer's axis that goes into vectors
   * @param line the consumer's axis that goes into rows; -1 for none
   */
  private record Plan(
      Stage consumer,
      Stage product,
      TensorIntrinsic intrinsic,
      Access weights,
      TileAxes axes,
      int column,
      int line) {}

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return stage.isRoot()
        && stage.isFresh()
        && !stage.isInlined()
        && state.answer(
            "dot product in " + stage.id(), Boolean.class, () -> plan(state, stage).isPresent());
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    Plan plan = plan(state, stage).orElseThrow();
    String id = stage.id();
    String product = plan.product().id();
    List<String> options = List.of("yes", "no");
    String preferred = isFast(state.target(), plan.intrinsic()) ? "yes" : "no";
    if (state.pick(product + ".dot", options, preferred).equals("no")) {
      SketchRule other = stage.isReduction() ? new TileReduction() : new TileWithConsumer();
      other.apply(state, stage);
      return;
    }
    state.markScheduled(product);
    if (stage.isReduction()) {
      state.apply(new CacheWrite(id));
      product = CacheWrite.cacheOf(id);
    }
    int lanes = (int) plan.intrinsic().computes().axes().getFirst().size();
    List<RegisterTile> tiles = tiles(state, plan.axes(), lanes);
    RegisterTile best =
        tiles.stream()
            .min(
                Comparator.comparingDouble(
                    tile ->
                        tile.cycles(
                            plan.axes().rowExtent(),
                            plan.axes().vectorExtent(),
                            lanes,
                            plan.axes().operands())))
            .orElseThrow();
    RegisterTile tile = state.pick(plan.product().id() + ".tile", tiles, best);
    String host = tileConsumer(state, plan, tile, (long) tile.vectors() * lanes);
    state.apply(new ComputeAt(product, id, host));
    tileProduct(state, plan, product, lanes);
    state.apply(new Pack(state.schedule().dag().id(plan.weights().tensor()), product));
  }

  /**
   * Whether the instruction does more than multiply-adds on converted numbers. Those on bytes do;
   * Intel's cores issue {@code vdpbf16ps} at half the rate of a multiply-add, AMD's at the same.
   */
  private static boolean isFast(CpuTarget target, TensorIntrinsic intrinsic) {
    return !intrinsic.computes().dtype().isFloat() || target.cpu().startsWith("znver");
  }

  private static Optional<Plan> plan(SketchState state, Stage stage) {
    return TilePlan.ofProduct(state, stage, (product, axes) -> plan(state, stage, product, axes));
  }

  private static Optional<Plan> plan(
      SketchState state, Stage consumer, Stage product, int[] consumerAxis) {
    List<Access> accesses = Access.of(state.schedule(), product);
    List<Axis> reduced = product.op().reduceAxes();
    if (accesses.size() != 2 || reduced.size() != 1) {
      return Optional.empty();
    }
    for (TensorIntrinsic intrinsic : TensorIntrinsics.of(state.target())) {
      List<Axis> lanes = intrinsic.computes().axes();
      List<Axis> steps = intrinsic.computes().reduceAxes();
      if (lanes.size() != 1 || steps.size() != 1) {
        continue;
      }
      for (Access weights : accesses) {
        Access data = accesses.get(weights == accesses.get(0) ? 1 : 0);
        boolean typed =
            product.op().dtype().equals(intrinsic.computes().dtype())
                && types(intrinsic)
                    .equals(List.of(data.tensor().dtype(), weights.tensor().dtype()));
        boolean whole = reduced.getFirst().size() % steps.getFirst().size() == 0;
        boolean inOrder = data.stride(reduced.getFirst().var()).orElse(0) == 1;
        if (typed && whole && inOrder && isConstant(weights)) {
          Optional<TileAxes> axes =
              TileAxes.candidates(state.target(), consumer, product, accesses, consumerAxis)
                  .stream()
                  .filter(a -> fits(product, a, data, weights, lanes.getFirst().size()))
                  .findFirst();
          if (axes.isPresent()) {
            int row = axes.get().row();
            return Optional.of(
                new Plan(
                    consumer,
                    product,
                    intrinsic,
                    weights,
                    axes.get(),
                    consumerAxis[axes.get().vector()],
                    row < 0 ? -1 : consumerAxis[row]));
          }
        }
      }
    }
    return Optional.empty();
  }

  /** The types of what the lanes share and of what is each lane's own. */
  private static List<DType> types(TensorIntrinsic intrinsic) {
    return intrinsic.computes().inputs().stream()
        .sorted(Comparator.comparingInt(input -> input.rank()))
        .map(input -> input.dtype())
        .toList();
  }

  private static boolean isConstant(Access access) {
    return access.tensor().op() instanceof PlaceholderOp input && input.constant();
  }

  private static boolean fits(
      Stage product, TileAxes axes, Access data, Access weights, long lanes) {
    Axis vector = product.op().axes().get(axes.vector());
    boolean rows = axes.row() < 0 || !weights.dependsOn(product.op().axes().get(axes.row()).var());
    return rows
        && axes.vectorExtent() == vector.size()
        && vector.size() % lanes == 0
        && weights.dependsOn(vector.var())
        && !data.dependsOn(vector.var());
  }

  /** Tiles without a ragged end in the direction of the lanes. */
  private static List<RegisterTile> tiles(SketchState state, TileAxes axes, int lanes) {
    return RegisterTile.fitting(state.target(), axes.rowExtent(), axes.vectorExtent() / lanes)
        .stream()
        .filter(tile -> axes.vectorExtent() % ((long) tile.vectors() * lanes) == 0)
        .toList();
  }

  /** Cuts the consumer into tiles; returns the loop inside which a tile is computed. */
  private static String tileConsumer(SketchState state, Plan plan, RegisterTile tile, long width) {
    String id = plan.consumer().id();
    List<IterVar> axes = state.stage(id).axes();
    String vector = axes.get(plan.column()).id();
    String row = plan.line() < 0 ? null : axes.get(plan.line()).id();
    state.apply(new Split(id, vector, List.of(width)));
    List<String> outer = new ArrayList<>();
    for (IterVar axis : axes) {
      if (!axis.id().equals(vector) && !axis.id().equals(row)) {
        outer.add(axis.id());
      }
    }
    if (row != null) {
      state.apply(new Split(id, row, List.of((long) tile.rows())));
      outer.add(row + ".0");
    }
    String order = state.pick(id + ".order", List.of("natural", "panels"), "panels");
    outer.add(order.equals("panels") ? 0 : outer.size(), vector + ".0");
    List<String> loops = new ArrayList<>(outer);
    if (row != null) {
      loops.add(row + ".1");
    }
    loops.add(vector + ".1");
    state.apply(new Reorder(id, loops));
    boolean worthThreads = ReductionShape.work(plan.product()) >= LEAST_PARALLEL_WORK;
    OuterLoops.parallelize(state, id, outer, worthThreads);
    state.apply(new Vectorize(id, vector + ".1"));
    if (row != null) {
      state.apply(new Unroll(id, row + ".1"));
    }
    return ReduceRows.rowLoop(state.stage(id), outer);
  }

  /** The loops of the product: the reduction around the tile, whose vectors it goes through. */
  private static void tileProduct(SketchState state, Plan plan, String product, int lanes) {
    List<IterVar> axes = state.stage(product).axes();
    String vector = axes.get(plan.axes().vector()).id();
    String row = plan.axes().row() < 0 ? null : axes.get(plan.axes().row()).id();
    String step = axes.getLast().id();
    state.apply(new Split(product, vector, List.of((long) lanes)));
    state.apply(
        new Split(
            product, step, List.of(plan.intrinsic().computes().reduceAxes().getFirst().size())));
    List<String> order = new ArrayList<>();
    for (IterVar axis : axes) {
      if (!axis.isReduce() && !axis.id().equals(vector) && !axis.id().equals(row)) {
        order.add(axis.id());
      }
    }
    order.add(step + ".0");
    if (row != null) {
      order.add(row);
    }
    order.addAll(List.of(vector + ".0", vector + ".1", step + ".1"));
    state.apply(new Reorder(product, order));
    if (row != null) {
      state.apply(new Unroll(product, row));
    }
    state.apply(new Unroll(product, vector + ".0"));
    state.apply(new Tensorize(product, vector + ".1", plan.intrinsic().name()));
  }
}
