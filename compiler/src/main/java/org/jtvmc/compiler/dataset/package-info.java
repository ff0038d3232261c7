/**
 * The data set that cost models are trained on in advance: random workloads of many operators,
 * their measured schedules, and the training itself.
 */
package org.jtvmc.compiler.dataset;
