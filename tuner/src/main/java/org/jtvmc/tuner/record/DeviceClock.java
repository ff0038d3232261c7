package org.jtvmc.tuner.record;

/**
 * The clock at which a GPU ran.
 *
 * @param mhz of its multiprocessors
 * @param heldDown whether heat or the supply of power held it down: such a time is longer than
 *     others
 */
public record DeviceClock(int mhz, boolean heldDown) {}
