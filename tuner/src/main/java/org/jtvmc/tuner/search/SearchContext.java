package org.jtvmc.tuner.search;

import java.util.SplittableRandom;
import org.jtvmc.tuner.cost.CostModel;

/**
 * What a strategy works with.
 *
 * @param group names the task for the cost model
 * @param random the only source of chance, so that a session can be repeated
 */
public record SearchContext(
    String group,
    CandidateSpace space,
    Appraiser appraiser,
    CostModel costModel,
    SplittableRandom random) {}
