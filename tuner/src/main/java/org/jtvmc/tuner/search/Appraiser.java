package org.jtvmc.tuner.search;

import java.util.Optional;

/** Looks at a candidate without running it. Called from several threads at once. */
@FunctionalInterface
public interface Appraiser {

  /** What there is to know; empty where the candidate cannot be lowered or breaks a limit. */
  Optional<Appraisal> appraise(Candidate candidate);
}
