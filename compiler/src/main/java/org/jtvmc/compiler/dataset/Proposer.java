package org.jtvmc.compiler.dataset;

import java.util.Locale;

/** Who proposed a schedule of a data set. */
public enum Proposer {
  /** The rules: it is the default schedule. */
  RULES,
  /** The shipped model, which had seen nothing of this kernel. */
  MODEL,
  /** The default schedule's neighbourhood: it differs in one decision, by one notch. */
  NEIGHBOUR,
  /** Chance. */
  RANDOM,
  /** A search that knew the times of the schedules before it. */
  SEARCH;

  /** As it stands in the file. */
  String symbol() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The one of this symbol; {@link #SEARCH} for any other, as old files do not say. */
  static Proposer of(String symbol) {
    for (Proposer proposer : values()) {
      if (proposer.symbol().equals(symbol)) {
        return proposer;
      }
    }
    return SEARCH;
  }
}
