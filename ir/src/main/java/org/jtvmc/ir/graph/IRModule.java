package org.jtvmc.ir.graph;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A model: named functions, {@value #MAIN} being the one that users call. The parameters of main
 * are the model's inputs, by name; weights are {@link Constant}s.
 *
 * @param outputNames the names of main's results, in order
 */
public record IRModule(Map<String, Function> functions, List<String> outputNames) {

  public static final String MAIN = "main";

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
