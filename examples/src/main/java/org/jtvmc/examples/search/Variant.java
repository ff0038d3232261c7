package org.jtvmc.examples.search;

import java.util.List;

/**
 * A way to search.
 *
 * @param name for tables and plots
 * @param tuner the strategy, as {@code --tuner} names it
 * @param costModel the learnt model, as {@code --cost-model} names it
 * @param draft whether candidates are drafted by the model of the hardware
 */
record Variant(String name, String tuner, String costModel, boolean draft) {

  /**
   * Each source of candidates: plain, then ranked with and without the draft and the warm start.
   */
  static final List<Variant> ALL =
      List.of(
          new Variant("random", "random", "none", false),
          new Variant("random, draft", ranked("Random"), "none", true),
          new Variant("random, warm", ranked("Random"), "xgboost", false),
          new Variant("random, draft, warm", ranked("Random"), "xgboost", true),
          new Variant("grid", "grid", "none", false),
          new Variant("grid, draft, warm", ranked("Grid"), "xgboost", true),
          new Variant("evolutionary", "evolutionary", "xgboost-cold", false),
          new Variant("evolutionary, draft", "evolutionary", "xgboost-cold", true),
          new Variant("evolutionary, warm", "evolutionary", "xgboost", false),
          new Variant("evolutionary, draft, warm", "evolutionary", "xgboost", true));

  /** Named as a user would on the command line. */
  private static String ranked(String source) {
    return "org.jtvmc.examples.search.Ranked" + source;
  }
}
