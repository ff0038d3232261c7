package org.jtvmc.tuner.search;

import org.jtvmc.tuner.feature.ProgramFeatures;

/**
 * What is known of a candidate without running it.
 *
 * @param draftMs the draft model's estimate of its time; infinite where it can say nothing
 * @param loops tells what it does from what other candidates of the task do: two with the same come
 *     to the same machine code, whatever their decisions are
 */
public record Appraisal(ProgramFeatures features, double draftMs, String loops) {}
