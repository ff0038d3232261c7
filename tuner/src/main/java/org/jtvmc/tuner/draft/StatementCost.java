package org.jtvmc.tuner.draft;

/**
 * What one statement takes on a machine, in cycles of all its cores together, and what of the
 * machine it uses.
 *
 * @param issued for its instructions, everything being in the first cache
 * @param l2 for the lines that come from the second cache
 * @param l3 for the lines that come from the third
 * @param memory for the lines that come from memory
 * @param ideal for its arithmetic alone, with full vectors on every unit of every core
 * @param fill the part of the vectors' lanes that compute something, 0 to 1
 * @param registers the accumulators of the innermost tile over the machine's vector registers
 * @param code instructions of the innermost body over those that the cache of decoded ones holds
 * @param speedup how many cores it keeps busy on average
 * @param chunks parallel chunks for each core; 0 where it runs on one
 * @param cores that the machine has
 */
record StatementCost(
    IssueCost issued,
    double l2,
    double l3,
    double memory,
    double ideal,
    double fill,
    double registers,
    double code,
    double speedup,
    double chunks,
    int cores) {

  double issue() {
    return issued.cycles();
  }

  /** The slowest of its resources: they overlap. */
  double bound() {
    return Math.max(Math.max(issue(), l2), Math.max(l3, memory));
  }

  /** The time on the machine, in cycles. */
  double cycles() {
    return bound() / speedup;
  }
}
