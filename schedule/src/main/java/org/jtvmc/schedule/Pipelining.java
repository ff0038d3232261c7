package org.jtvmc.schedule;

/**
 * A serial loop inside which stages are copied into shared memory: the copies for later iterations
 * are made while an iteration computes.
 *
 * @param axis the loop
 * @param depth how many iterations' copies there is room for, the one being computed among them; at
 *     least 2
 */
public record Pipelining(String axis, int depth) {}
