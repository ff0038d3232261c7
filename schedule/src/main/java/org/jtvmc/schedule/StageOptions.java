package org.jtvmc.schedule;

import java.util.Optional;

/**
 * What has been decided of a stage beside its loops and its place.
 *
 * @param autoUnroll the greatest number of steps to which innermost loops are unrolled; 0 for none
 * @param order how its elements lie in memory while it is computed at a loop; empty for the order
 *     in which its loops make them
 * @param pipeline a loop of it that copies ahead; empty for none
 * @param joined the stage in whose launch on a GPU it is computed; empty for one of its own
 */
record StageOptions(
    int autoUnroll,
    Optional<StorageOrder> order,
    Optional<Pipelining> pipeline,
    Optional<String> joined) {
  static final StageOptions NONE =
      new StageOptions(0, Optional.empty(), Optional.empty(), Optional.empty());

  StageOptions withAutoUnroll(int steps) {
    return new StageOptions(steps, order, pipeline, joined);
  }

  StageOptions withOrder(StorageOrder other) {
    return new StageOptions(autoUnroll, Optional.of(other), pipeline, joined);
  }

  StageOptions withPipeline(Pipelining other) {
    return new StageOptions(autoUnroll, order, Optional.of(other), joined);
  }

  StageOptions withJoined(String producer) {
    return new StageOptions(autoUnroll, order, pipeline, Optional.of(producer));
  }
}
