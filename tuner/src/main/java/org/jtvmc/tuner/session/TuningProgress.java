package org.jtvmc.tuner.session;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Where a session stands.
 *
 * @param task the id of the task that was tuned last
 * @param tasks how many there are
 * @param taskName its name
 * @param trials measured so far, earlier sessions' included
 * @param plannedTrials the budget
 * @param currentGflops of the best candidate of the last round; 0 where all failed
 * @param bestGflops of the task's best candidate; 0 where none works yet
 * @param elapsed since the session began
 * @param remaining the estimated time to the end of the budget; empty where there is no estimate
 * @param modelMs the estimated latency of the whole model: the sum over its tasks; empty until each
 *     has a time
 */
public record TuningProgress(
    int task,
    int tasks,
    String taskName,
    int trials,
    int plannedTrials,
    double currentGflops,
    double bestGflops,
    Duration elapsed,
    Optional<Duration> remaining,
    OptionalDouble modelMs) {}
