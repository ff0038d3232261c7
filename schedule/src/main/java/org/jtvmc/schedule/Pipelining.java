package org.jtvmc.schedule;

/**
 * A serial loop inside which stages are copied into shared memory: the copies for later iterations
 * are made while an iteration computes.
 *
 * @param axis the loop
 * @param depth how many iterations' copies there is room for, the one being computed among them; at
 *     least 2
 * @param async true where the copies shall be asynchronous, which GPUs can from sm_80 on; copies
 *     that do more than to move elements are made through registers, one iteration ahead
 */
public record Pipelining(String axis, int depth, boolean async) {}
