package org.jtvmc.ir.op;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.type.TypeException;

/** The operators that a model may use, by name. Immutable. */
public final class OperatorRegistry {
  private static final OperatorRegistry STANDARD = new OperatorRegistry(StandardOperators.all());

  private final SortedMap<String, Operator> operators;

  private OperatorRegistry(Collection<? extends Operator> all) {
    SortedMap<String, Operator> byName = new TreeMap<>();
    for (Operator operator : all) {
      if (byName.put(operator.name(), operator) != null) {
        throw new IllegalArgumentException("two operators are named '" + operator.name() + "'");
      }
    }
    operators = Collections.unmodifiableSortedMap(byName);
  }

  /** All operators that come with the compiler: those of {@link StandardOperators}. */
  public static OperatorRegistry standard() {
    return STANDARD;
  }

  /**
   * This registry and more operators.
   *
   * @throws IllegalArgumentException where a name is taken already
   */
  public OperatorRegistry with(Collection<? extends Operator> more) {
    List<Operator> all = new ArrayList<>(operators.values());
    all.addAll(more);
    return new OperatorRegistry(all);
  }

  public Optional<Operator> find(String name) {
    return Optional.ofNullable(operators.get(name));
  }

  /**
   * The operator of that name.
   *
   * @throws TypeException where there is none
   */
  public Operator get(String name) {
    return find(name)
        .orElseThrow(() -> new TypeException("there is no operator named '" + name + "'"));
  }

  /** All operators, in the order of their names. */
  public Collection<Operator> all() {
    return operators.values();
  }
}
