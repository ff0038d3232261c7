package org.jtvmc.schedule.space;

import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Where the decisions of a sketch come from. A {@link SketchRule} asks for each one, naming the
 * legal options and the one that an expert would take; who answers decides whether the result is
 * the default schedule, a random point of the space, or the neighbour of a point.
 */
@FunctionalInterface
public interface Choices {

  /**
   * The index of one of the options.
   *
   * @param name names the decision, uniquely within one kernel
   * @param options what may be chosen, as text; not empty, distinct
   * @param preferred the index of the expert's option
   */
  int pick(String name, List<String> options, int preferred);

  /** Always the expert's. */
  static Choices expert() {
    return (_, _, preferred) -> preferred;
  }

  /**
   * The expert's with probability {@code trust}, else any with equal probability.
   *
   * @param trust from 0, blind, to 1, the default schedule
   */
  static Choices random(RandomGenerator random, double trust) {
    return (_, options, preferred) ->
        random.nextDouble() < trust ? preferred : random.nextInt(options.size());
  }

  /**
   * What {@code decisions} says, by the decision's name and the option's text; where it says
   * nothing, or names an option that is none here, what {@code otherwise} says.
   */
  static Choices replay(Map<String, String> decisions, Choices otherwise) {
    return (name, options, preferred) -> {
      String wanted = decisions.get(name);
      int index = wanted == null ? -1 : options.indexOf(wanted);
      return index >= 0 ? index : otherwise.pick(name, options, preferred);
    };
  }
}
