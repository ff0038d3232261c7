package org.jtvmc.examples.search;

import org.jtvmc.tuner.search.GridSearch;
import org.jtvmc.tuner.search.SearchContext;

/** The candidates of grid search, ranked: {@code --tuner org.jtvmc.examples.search.RankedGrid}. */
public final class RankedGrid extends RankedProposals {

  public RankedGrid(SearchContext context) {
    super(new GridSearch(context), context);
  }
}
