package org.jtvmc.tuner.cost;

import java.util.Optional;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.tuner.PluginLoader;

/** The cost models that have a name. */
public final class CostModels {

  private CostModels() {}

  /**
   * The model called {@code name}: {@code xgboost}, {@code xgboost-cold} (which was not trained in
   * advance), {@code random}, {@code none}, or a class. What was trained in advance has seen CPUs
   * only, and says nothing of other targets.
   *
   * @throws IllegalArgumentException where there is none; the message is for a person
   */
  public static CostModel create(String name, Target target, long seed) {
    return switch (name) {
      case "xgboost" -> new XGBoostCostModel(seed, trainedInAdvance(target));
      case "xgboost-cold" -> new XGBoostCostModel(seed);
      case "random" -> new RandomCostModel(seed);
      case "none" -> new NoCostModel();
      default ->
          PluginLoader.load(CostModel.class, "cost model", name, new Class<?>[] {long.class}, seed);
    };
  }

  private static Optional<WarmStart> trainedInAdvance(Target target) {
    return switch (target) {
      case CpuTarget _ -> WarmStart.shipped();
      case CudaTarget _ -> Optional.empty();
    };
  }
}
