package org.jtvmc.ir.text;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;

/** Types as the grammar reads them. */
final class TypePrinter {

  private TypePrinter() {}

  static String print(Type type) {
    return switch (type) {
      case TensorType(var shape, var dtype) ->
          "Tensor[(" + join(shape, TypePrinter::print) + "), " + dtype + "]";
      case TupleType(var fields) ->
          "(" + join(fields, TypePrinter::print) + (fields.size() == 1 ? ",)" : ")");
    };
  }

  static String print(Dim dim) {
    return switch (dim) {
      case Dim.Known known -> known.toString();
      case Dim.Symbol symbol -> Names.symbol(symbol.name());
      case Dim.Derived(var operation, var left, var right) ->
          "(" + print(left) + " " + operation.symbol() + " " + print(right) + ")";
    };
  }

  private static <T> String join(List<T> items, Function<T, String> print) {
    return items.stream().map(print).collect(Collectors.joining(", "));
  }
}
