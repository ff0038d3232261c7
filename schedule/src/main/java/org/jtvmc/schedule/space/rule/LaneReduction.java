package org.jtvmc.schedule.space.rule;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Fuse;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Rfactor;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Vectorize;

/**
 * A reduction along contiguous elements: each lane of some vectors reduces its share, and the lanes
 * are combined at the end.
 */
final class LaneReduction {

  private LaneReduction() {}

  /** The id of the stage that computes the partial results. */
  static String partialOf(String stage) {
    return Rfactor.factorOf(stage);
  }

  /**
   * Factors the reduction by lanes; the id of the stage with the partial results, or empty where
   * there is too little to reduce.
   */
  static Optional<String> factor(SketchState state, Stage stage) {
    List<IterVar> reduced = stage.axes().stream().filter(IterVar::isReduce).toList();
    String axis = reduced.getLast().id();
    long lanes = state.target().lanes(stage.op().dtype().bytes());
    if (reduced.getLast().extent() < 4 * lanes && reduced.size() > 1) {
      Fuse fuse = new Fuse(stage.id(), reduced.stream().map(IterVar::id).toList());
      state.apply(fuse);
      axis = fuse.fused();
    }
    long extent = state.stage(stage.id()).leaf(axis).orElseThrow().extent();
    if (extent < lanes) {
      return Optional.empty();
    }
    long width = extent >= 8 * lanes && extent % (4 * lanes) == 0 ? 4 * lanes : lanes;
    state.apply(new Split(stage.id(), axis, List.of(width)));
    Stage split = state.stage(stage.id());
    state.apply(new Rfactor(stage.id(), split.leaves().getLast().id()));
    return Optional.of(partialOf(stage.id()));
  }

  /** Computes the partial results inside {@code loop} of {@code host}, a lane for each. */
  static void placePartial(SketchState state, String partial, String host, String loop) {
    state.apply(new ComputeAt(partial, host, loop));
    vectorizePartial(state, partial);
  }

  /** The lanes innermost, each the element of a vector. */
  static void vectorizePartial(SketchState state, String partial) {
    state.markScheduled(partial);
    Stage stage = state.stage(partial);
    List<IterVar> spatial = stage.axes().stream().filter(axis -> !axis.isReduce()).toList();
    List<String> order =
        Stream.of(
                spatial.subList(0, spatial.size() - 1).stream(),
                stage.axes().stream().filter(IterVar::isReduce),
                Stream.of(spatial.getLast()))
            .flatMap(loops -> loops)
            .map(IterVar::id)
            .toList();
    state.apply(new Reorder(partial, order));
    state.apply(new Vectorize(partial, spatial.getLast().id()));
  }

  /** Reduces across the lanes, where the stage's reduction is over lanes. */
  static void combineLanes(SketchState state, String stage) {
    Stage current = state.stage(stage);
    if (state.schedule().find(partialOf(stage)).isPresent()) {
      state.apply(new Vectorize(stage, current.leaves().getLast().id()));
    }
  }
}
