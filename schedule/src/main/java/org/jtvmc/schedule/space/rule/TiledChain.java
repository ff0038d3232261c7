package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;

/**
 * Tileable reductions one behind the other, of which each alone reads what the one before it gives:
 * an expansion, the depthwise convolution of it, and the projection of that.
 *
 * @param consumer the stage that takes the reduction's results element by element; the reduction
 *     itself where there is none
 * @param accesses what the reduction reads
 * @param axisOf for each axis of the reduction the index of the consumer's that walks it, or -1
 * @param source the chain that the reduction reads
 */
record TiledChain(
    Stage consumer,
    Stage reduction,
    List<Access> accesses,
    List<Integer> axisOf,
    Optional<TiledChain> source) {

  /** The chain that ends in {@code stage}, of one reduction or more; empty where there is none. */
  static Optional<TiledChain> of(SketchState state, Stage stage) {
    Optional<Stage> reduction =
        stage.isReduction()
            ? Optional.of(stage).filter(s -> ReductionShape.of(state, s).isTileable())
            : TileWithConsumer.producer(state, stage);
    return reduction
        .filter(Stage::isFresh)
        .flatMap(found -> axisOf(state, stage, found).map(axes -> of(state, stage, found, axes)));
  }

  private static TiledChain of(
      SketchState state, Stage stage, Stage reduction, List<Integer> axisOf) {
    List<Access> accesses = Access.of(state.schedule(), reduction);
    Optional<TiledChain> source =
        accesses.stream()
            .map(access -> state.schedule().stageOf(access.tensor()))
            .flatMap(Optional::stream)
            .distinct()
            .filter(producer -> isOwn(state, producer, reduction))
            .map(producer -> of(state, producer))
            .flatMap(Optional::stream)
            .findFirst();
    return new TiledChain(stage, reduction, accesses, axisOf, source);
  }

  private static Optional<List<Integer>> axisOf(
      SketchState state, Stage consumer, Stage reduction) {
    Optional<int[]> axes =
        consumer == reduction
            ? Optional.of(IntStream.range(0, reduction.op().axes().size()).toArray())
            : TilePlan.consumerAxes(state, consumer, reduction);
    return axes.map(found -> IntStream.of(found).boxed().toList());
  }

  private static boolean isOwn(SketchState state, Stage producer, Stage reader) {
    return !producer.isOutput()
        && producer.isFresh()
        && producer.isRoot()
        && !state.isScheduled(producer.id())
        && producer.tensor().constantSource().isEmpty()
        && state.readers(producer).equals(List.of(reader));
  }

  /** The axes on which the reduction is tiled best; empty where there are none. */
  Optional<TileAxes> tileAxes(SketchState state) {
    int[] axes = axisOf.stream().mapToInt(Integer::intValue).toArray();
    return TileAxes.candidates(state.target(), consumer, reduction, accesses, axes).stream()
        .findFirst();
  }

  /** The consumer's axis that the rows of tiles are along; -1 for none. */
  int row(TileAxes axes) {
    return axes.row() < 0 ? -1 : axisOf.get(axes.row());
  }

  /** The consumer's axis that vectors are along. */
  int vector(TileAxes axes) {
    return axisOf.get(axes.vector());
  }

  /** True where the reduction needs another part of its source for each value of that axis. */
  boolean slidesAlong(int consumerAxis) {
    int axis = axisOf.indexOf(consumerAxis);
    return axis >= 0
        && source.isPresent()
        && accesses(source.get())
            .allMatch(access -> access.dependsOn(reduction.op().axes().get(axis).var()));
  }

  /** True where neighbours of the reduction's results read elements that are not side by side. */
  boolean skipsElements() {
    return source.isPresent()
        && accesses(source.get())
            .map(access -> access.indices().getLast())
            .anyMatch(
                index ->
                    reduction.op().axes().stream()
                        .anyMatch(axis -> Access.coefficient(index, axis.var()).orElse(0) > 1));
  }

  /**
   * How much is needed of each axis of the source's consumer.
   *
   * @param extents how much is computed of each of this consumer's axes
   */
  List<Long> needed(List<Long> extents) {
    TiledChain from = source.orElseThrow();
    List<Axis> axes = from.consumer.op().axes();
    List<Long> needed = new ArrayList<>();
    for (int dim = 0; dim < axes.size(); dim++) {
      int index = dim;
      long whole = axes.get(dim).size();
      needed.add(
          accesses(from)
              .mapToLong(access -> span(access.indices().get(index), extents, whole))
              .max()
              .orElse(whole));
    }
    return needed;
  }

  private Stream<Access> accesses(TiledChain from) {
    Tensor read = from.consumer.tensor();
    return accesses.stream().filter(access -> access.tensor() == read);
  }

  private long span(PrimExpr index, List<Long> extents, long whole) {
    List<Axis> axes = new ArrayList<>(reduction.op().axes());
    axes.addAll(reduction.op().reduceAxes());
    long span = 1;
    for (int i = 0; i < axes.size(); i++) {
      OptionalLong factor = Access.coefficient(index, axes.get(i).var());
      if (factor.isEmpty()) {
        return whole;
      }
      boolean walked = i < axisOf.size() && axisOf.get(i) >= 0;
      long size = axes.get(i).size();
      long extent = walked ? Math.min(size, extents.get(axisOf.get(i))) : size;
      span += Math.abs(factor.getAsLong()) * (extent - 1);
    }
    return Math.min(span, whole);
  }
}
