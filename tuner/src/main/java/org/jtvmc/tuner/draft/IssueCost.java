package org.jtvmc.tuner.draft;

/**
 * What the instructions of a statement take with everything in the first cache, in cycles of all
 * cores together.
 *
 * @param work for its arithmetic, waiting for results included
 * @param latency by how much it is slowed down, at least 1, because too few sums are under way
 * @param spills of {@code work}, for accumulators that no register was left for
 * @param moves for loads and stores, which go on beside the arithmetic
 * @param decoding for code that the cache of decoded instructions does not hold
 * @param jumps for counting loops
 */
record IssueCost(
    double work, double latency, double spills, double moves, double decoding, double jumps) {

  double cycles() {
    return Math.max(work, moves) + decoding + jumps;
  }
}
