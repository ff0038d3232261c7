package org.jtvmc.tuner.search;

import org.jtvmc.tuner.feature.ProgramFeatures;

/**
 * What is known of a candidate without running it.
 *
 * @param draftMs the draft model's estimate of its time; infinite where it can say nothing
 */
public record Appraisal(ProgramFeatures features, double draftMs) {}
