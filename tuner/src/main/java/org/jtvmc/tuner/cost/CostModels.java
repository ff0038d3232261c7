package org.jtvmc.tuner.cost;

import org.jtvmc.tuner.PluginLoader;

/** The cost models that have a name. */
public final class CostModels {

  private CostModels() {}

  /**
   * The model called {@code name}: {@code xgboost}, {@code xgboost-cold} (which was not trained in
   * advance), {@code random}, {@code none}, or a class.
   *
   * @throws IllegalArgumentException where there is none; the message is for a person
   */
  public static CostModel create(String name, long seed) {
    return switch (name) {
      case "xgboost" -> new XGBoostCostModel(seed, WarmStart.shipped());
      case "xgboost-cold" -> new XGBoostCostModel(seed);
      case "random" -> new RandomCostModel(seed);
      case "none" -> new NoCostModel();
      default ->
          PluginLoader.load(CostModel.class, "cost model", name, new Class<?>[] {long.class}, seed);
    };
  }
}
