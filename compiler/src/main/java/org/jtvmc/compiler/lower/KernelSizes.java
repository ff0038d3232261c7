package org.jtvmc.compiler.lower;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.SizeRange;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;

/**
 * The open sizes of one kernel. What a model's size is made of is none of a kernel's concern: every
 * factor of a size, such as the rows that a pooling leaves, is a symbol of the kernel's own. So
 * kernels are equal that differ in where in the model they stand.
 */
public final class KernelSizes {
  private static final long MOST = 1L << 40;

  private final Map<Dim, Dim.Symbol> symbols = new LinkedHashMap<>();

  /** The size in the kernel's symbols. */
  public Dim apply(Dim dim) {
    return dim.replaceFactors(factor -> symbols.computeIfAbsent(factor, this::symbol));
  }

  private Dim.Symbol symbol(Dim factor) {
    SizeRange range = SizeRange.of(factor);
    long usual = Math.max(0, factor.usual());
    return new Dim.Symbol(
        "s" + symbols.size(),
        Math.clamp(range.least(), 0, usual),
        Math.max(usual, Math.min(range.most(), MOST)),
        usual);
  }

  TensorType apply(TensorType type) {
    return type.isStatic() ? type : type.withShape(type.shape().stream().map(this::apply).toList());
  }

  Type apply(Type type) {
    return switch (type) {
      case TensorType tensor -> apply(tensor);
      case TupleType(List<Type> fields) -> new TupleType(fields.stream().map(this::apply).toList());
    };
  }

  Attributes apply(Attributes attributes) {
    return attributes.withSizes(this::apply);
  }

  /** The model's sizes that a kernel's stand for. */
  public List<Dim> values(List<PrimVar> sizes) {
    Map<Dim.Symbol, Dim> factors = new LinkedHashMap<>();
    symbols.forEach((factor, symbol) -> factors.put(symbol, factor));
    return sizes.stream().map(size -> factors.get(size.symbol().orElseThrow())).toList();
  }

  /** A size of the kernel's in those of the model. */
  public Dim inModel(Dim size) {
    Map<Dim.Symbol, Dim> factors = new LinkedHashMap<>();
    symbols.forEach((factor, symbol) -> factors.put(symbol, factor));
    return replace(size, factors);
  }

  private static Dim replace(Dim size, Map<Dim.Symbol, Dim> factors) {
    return switch (size) {
      case Dim.Known known -> known;
      case Dim.Symbol symbol -> factors.get(symbol);
      case Dim.Derived(Dim.Operation operation, Dim left, Dim right) ->
          Dim.derive(operation, replace(left, factors), replace(right, factors));
    };
  }
}
