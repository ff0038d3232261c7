package org.jtvmc.examples.search;

import org.jtvmc.tuner.search.RandomSearch;
import org.jtvmc.tuner.search.SearchContext;

/**
 * The candidates of random search, ranked: {@code --tuner org.jtvmc.examples.search.RankedRandom}.
 */
public final class RankedRandom extends RankedProposals {

  public RankedRandom(SearchContext context) {
    super(new RandomSearch(context), context);
  }
}
