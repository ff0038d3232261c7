package org.jtvmc.ir.graph;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;

/** The symbols for sizes that something mentions, in the order of their first mention. */
public final class SizeSymbols {

  private final Set<Dim.Symbol> symbols = new LinkedHashSet<>();

  private SizeSymbols() {}

  /** Those of all nodes that {@code root} reaches: of their types and attributes. */
  public static Set<Dim.Symbol> of(Expr root) {
    SizeSymbols symbols = new SizeSymbols();
    for (Expr expr : Exprs.postOrder(root)) {
      symbols.add(expr.type());
      if (expr instanceof Call call) {
        call.attributes()
            .withSizes(
                size -> {
                  symbols.add(size);
                  return size;
                });
      }
    }
    return symbols.symbols;
  }

  /** Those of a type. */
  public static Set<Dim.Symbol> of(Type type) {
    SizeSymbols symbols = new SizeSymbols();
    symbols.add(type);
    return symbols.symbols;
  }

  /** Those of a size. */
  public static Set<Dim.Symbol> of(Dim size) {
    SizeSymbols symbols = new SizeSymbols();
    symbols.add(size);
    return symbols.symbols;
  }

  private void add(Type type) {
    switch (type) {
      case TensorType tensor -> tensor.shape().forEach(this::add);
      case TupleType(List<Type> fields) -> fields.forEach(this::add);
    }
  }

  private void add(Dim size) {
    switch (size) {
      case Dim.Known _ -> {
        // It mentions none.
      }
      case Dim.Symbol symbol -> symbols.add(symbol);
      case Dim.Derived(var _, Dim left, Dim right) -> {
        add(left);
        add(right);
      }
    }
  }
}
