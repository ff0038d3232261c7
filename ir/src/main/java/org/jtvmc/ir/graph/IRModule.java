package org.jtvmc.ir.graph;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/**
 * A model: named functions, {@value #MAIN} being the one that users call. The parameters of main
 * are the model's inputs, by name; weights are {@link Constant}s.
 *
 * <p>A result whose sizes are known at run time only is a vector of as much as there can be, its
 * elements row-major at the front; what sizes they have is a result of its own, an {@code int64}
 * vector, named after it with {@value #SIZES} behind. All of these come after the results that
 * users see.
 *
 * @param outputNames the names of main's results, in order
 */
public record IRModule(Map<String, Function> functions, List<String> outputNames) {

  public static final String MAIN = "main";

  /**
   * What the name of a result ends in that is the sizes of another, or is only there to be
   * computed.
   */
  public static final String SIZES = "#sizes";

  /** What the name of a result ends in that is a sequence of a length that a run decides. */
  public static final String ELEMENTS = ".*";

  public IRModule {
    functions = Collections.unmodifiableMap(new LinkedHashMap<>(functions));
    outputNames = List.copyOf(outputNames);
  }

  public static IRModule of(Function main, List<String> outputNames) {
    return new IRModule(Map.of(MAIN, main), outputNames);
  }

  public Function main() {
    return functions.get(MAIN);
  }

  /** How many of main's results users see: those that are not the sizes of others. */
  public int visibleOutputs() {
    return (int) outputNames.stream().filter(name -> !name.endsWith(SIZES)).count();
  }

  /** Whether a run itself decides what it computes: over sizes, how often, in what order. */
  public boolean goesInStages() {
    return functions.values().stream()
        .flatMap(function -> Exprs.postOrder(function.body()).stream())
        .anyMatch(IRModule::isStep);
  }

  private static boolean isStep(Expr expr) {
    return expr instanceof Call call
        && switch (call.callee()) {
          case HostOperator host -> host.controls();
          case Function function -> isStep(function.body());
          case Operator _, GlobalVar _ -> false;
        };
  }

  /** Which of main's results holds the sizes of the {@code output}-th, where they are not fixed. */
  public OptionalInt sizesOf(int output) {
    int index = outputNames.indexOf(outputNames.get(output) + SIZES);
    return index < 0 ? OptionalInt.empty() : OptionalInt.of(index);
  }

  /** The module with every function rewritten; the same object where none changes. */
  public IRModule mapFunctions(UnaryOperator<Function> rewrite) {
    Map<String, Function> mapped = new LinkedHashMap<>();
    boolean changed = false;
    for (Map.Entry<String, Function> entry : functions.entrySet()) {
      Function function = rewrite.apply(entry.getValue());
      changed |= function != entry.getValue();
      mapped.put(entry.getKey(), function);
    }
    return changed ? new IRModule(mapped, outputNames) : this;
  }
}
