package org.jtvmc.compiler.plan;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.type.Dim;

/**
 * Two sizes that are known only at run time and that a model takes for equal. A function carries
 * those of its calls as an attribute.
 */
public record SizeAssumption(Dim left, Dim right) {

  private static final String ATTRIBUTE = "equal_sizes";

  /** True where it says no more than that {@link #right} is at least 0. */
  public boolean isNatural() {
    return left.equals(Dim.derive(Dim.Operation.MAX, right, Dim.of(0)));
  }

  /** The function with what it assumes. */
  public static Function attach(Function function, Collection<SizeAssumption> assumptions) {
    if (assumptions.isEmpty()) {
      return function;
    }
    List<Dim> flat = new ArrayList<>();
    assumptions.forEach(assumption -> flat.addAll(List.of(assumption.left, assumption.right)));
    Attributes attributes =
        Attributes.builder()
            .putAll(function.attributes().values())
            .putSizes(ATTRIBUTE, flat)
            .build();
    return new Function(function.parameters(), function.body(), attributes);
  }

  /** What a function assumes. */
  public static List<SizeAssumption> of(Function function) {
    List<SizeAssumption> assumptions = new ArrayList<>();
    if (function.attributes().has(ATTRIBUTE)) {
      List<Dim> flat = function.attributes().sizes(ATTRIBUTE);
      for (int i = 0; i + 1 < flat.size(); i += 2) {
        assumptions.add(new SizeAssumption(flat.get(i), flat.get(i + 1)));
      }
    }
    return assumptions;
  }
}
