package org.jtvmc.codegen.library;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.type.Dim;

/** The computation of sizes, one step for each distinct value: the {@code steps} of sizes.h. */
final class SizeSteps {

  /**
   * One step.
   *
   * @param code a jtvmc_size_code
   * @param left an earlier step
   * @param right an earlier step
   * @param stage of the run, from which on it is known
   * @param value a number, or that of a symbol
   */
  record Step(int code, int left, int right, int stage, long value) {}

  private static final int NUMBER = 0;
  private static final int SYMBOL = 1;

  private final List<Step> steps = new ArrayList<>();
  private final Map<Dim, Integer> indices = new HashMap<>();

  /** Knows no symbols. */
  SizeSteps() {}

  /** Begins with the symbols, in their order. */
  SizeSteps(List<OpenModel.Given> symbols) {
    for (OpenModel.Given given : symbols) {
      indices.put(given.symbol(), steps.size());
      steps.add(new Step(SYMBOL, 0, 0, given.stage(), steps.size()));
    }
  }

  /** The stage of the run from which on a size is known. */
  int stage(Dim size) {
    return steps.get(index(size)).stage;
  }

  List<Step> steps() {
    return List.copyOf(steps);
  }

  /**
   * The number of the step that computes the size.
   *
   * @throws IllegalArgumentException where it is made of a symbol that nothing gives
   */
  int index(Dim size) {
    Integer known = indices.get(size);
    if (known != null) {
      return known;
    }
    Step step =
        switch (size) {
          case Dim.Known(long value) -> new Step(NUMBER, 0, 0, 0, value);
          case Dim.Symbol symbol ->
              throw new IllegalArgumentException(
                  "size '%s' is no size of an input".formatted(symbol));
          case Dim.Derived(Dim.Operation operation, Dim left, Dim right) ->
              new Step(
                  code(operation),
                  index(left),
                  index(right),
                  Math.max(stage(left), stage(right)),
                  0);
        };
    steps.add(step);
    indices.put(size, steps.size() - 1);
    return steps.size() - 1;
  }

  private static int code(Dim.Operation operation) {
    return switch (operation) {
      case ADD -> 2;
      case SUBTRACT -> 3;
      case MULTIPLY -> 4;
      case FLOOR_DIVIDE -> 5;
      case MODULO -> 6;
      case MAX -> 7;
      case MIN -> 8;
    };
  }
}
