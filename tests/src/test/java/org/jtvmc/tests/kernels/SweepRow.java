package org.jtvmc.tests.kernels;

/**
 * What {@link DeviceSweep} found of one kernel of a model on one architecture.
 *
 * @param model as {@link ZooVariant#of} reads it
 * @param arch the name of its instructions: {@code sm_90a}
 * @param kernel its name, without the model's
 * @param uses how often a run calls it
 * @param code a digest of its PTX, the kernel's name left out: equal code behaves alike
 * @param origin where its schedule comes from
 * @param launches of one call
 * @param registers the most of any launch; -1 where {@code ptxas} refused it
 * @param spilledBytes the most of any launch
 * @param sharedBytes the most of any launch
 * @param roofMs the least time of one call, by operations or bytes
 * @param modelMs what the model of the device estimates for it
 * @param fault what is wrong with it; empty where nothing is
 * @param blocks of the last launch, that were emulated
 * @param allBlocks of the last launch
 */
record SweepRow(
    String model,
    String arch,
    String kernel,
    int uses,
    String code,
    String origin,
    int launches,
    int registers,
    int spilledBytes,
    int sharedBytes,
    double roofMs,
    double modelMs,
    String fault,
    long blocks,
    long allBlocks) {

  boolean assembles() {
    return registers >= 0;
  }

  boolean passes() {
    return fault.isEmpty();
  }
}
