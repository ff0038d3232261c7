package org.jtvmc.tuner.record;

/**
 * What a record is about. Records are found again exactly where this is equal.
 *
 * @param workload the structural hash of the fused function
 * @param target the features that matter
 */
public record RecordKey(String workload, RecordTarget target) {}
