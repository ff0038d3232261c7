package org.jtvmc.tuner.session;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a session tunes.
 *
 * @param trials the candidates to measure over all tasks, those of earlier sessions included
 * @param timeBudget when to stop at the latest
 * @param earlyStopping a task that gained nothing in so many trials gets no more
 * @param tuner the search strategy: {@code evolutionary}, {@code random}, {@code grid} or a class
 * @param costModel {@code xgboost}, {@code random}, {@code none} or a class
 * @param seed of all chance
 * @param resume whether earlier records count
 * @param compiler the version written to the records
 */
public record TuningOptions(
    int trials,
    Optional<TimeBudget> timeBudget,
    OptionalInt earlyStopping,
    String tuner,
    String costModel,
    long seed,
    boolean resume,
    String compiler) {

  /** Evolution under XGBoost, resumed, with no limit but the trials. */
  public static TuningOptions of(int trials, long seed, String compiler) {
    return new TuningOptions(
        trials,
        Optional.empty(),
        OptionalInt.empty(),
        "evolutionary",
        "xgboost",
        seed,
        true,
        compiler);
  }
}
