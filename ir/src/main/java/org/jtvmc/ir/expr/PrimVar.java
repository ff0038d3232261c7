package org.jtvmc.ir.expr;

import java.util.Optional;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;

/**
 * A scalar variable: a loop's index or a size that is known at run time. An index is equal only to
 * itself; a size to every variable of the same symbol.
 */
public final class PrimVar implements PrimExpr {
  private final String name;
  private final DType dtype;
  private final Optional<Dim.Symbol> symbol;

  private PrimVar(String name, DType dtype, Optional<Dim.Symbol> symbol) {
    this.name = name;
    this.dtype = dtype;
    this.symbol = symbol;
  }

  public PrimVar(String name, DType dtype) {
    this(name, dtype, Optional.empty());
  }

  /** The size that a symbol stands for. */
  public static PrimVar size(Dim.Symbol symbol) {
    return new PrimVar(symbol.name(), DType.I64, Optional.of(symbol));
  }

  /** An {@code int64} variable. */
  public static PrimVar index(String name) {
    return new PrimVar(name, DType.I64);
  }

  /** A hint for printing; different variables may carry the same one. */
  public String name() {
    return name;
  }

  /** The symbol of a size; empty for an index. */
  public Optional<Dim.Symbol> symbol() {
    return symbol;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || (symbol.isPresent() && other instanceof PrimVar size && symbol.equals(size.symbol));
  }

  @Override
  public int hashCode() {
    return symbol.isPresent() ? symbol.hashCode() : System.identityHashCode(this);
  }

  @Override
  public String toString() {
    return name;
  }
}
