package org.jtvmc.schedule.lower;

import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/** The conditions on a stage's loops that depend on their final order and extents. */
final class LegalLoops {

  private LegalLoops() {}

  /**
   * @throws ScheduleException where a loop cannot be carried out as it is annotated
   */
  static void check(StageNest nest) {
    Stage stage = nest.stage;
    String vector = null;
    for (int i = 0; i < nest.leaves.size(); i++) {
      StageNest.Leaf leaf = nest.leaves.get(i);
      String axis = leaf.loop().id();
      if (leaf.kind() == ForKind.PARALLEL && (!stage.isRoot() || i > stage.firstReduce())) {
        throw new ScheduleException(
            "loop '%s' cannot be parallel: it must be outside of all reduce loops of a stage at the root"
                .formatted(axis),
            stage,
            axis);
      }
      if (leaf.kind() == ForKind.VECTORIZED && leaf.isOpen()) {
        throw new OpenVectorException(leaf, stage);
      }
      if (vector != null && leaf.extent() > 1 && leaf.kind() != ForKind.UNROLLED) {
        throw new ScheduleException(
            "loop '%s' is inside the vectorized loop '%s', where only unrolled loops may be"
                .formatted(axis, vector),
            stage,
            axis);
      }
      if (leaf.kind() == ForKind.VECTORIZED && leaf.extent() > 1) {
        vector = axis;
      }
      if (vector != null && nest.hosting.contains(axis)) {
        throw new ScheduleException(
            "a stage is computed at loop '%s', inside a vector".formatted(axis), stage, axis);
      }
    }
  }
}
