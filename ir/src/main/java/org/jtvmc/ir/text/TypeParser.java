package org.jtvmc.ir.text;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.antlr.v4.runtime.ParserRuleContext;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;

/** Types and typed parameters from their parse trees. */
final class TypeParser {

  private TypeParser() {}

  static List<Var> parameters(ModuleGrammarParser.ParametersContext context) {
    List<Var> parameters = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (var parameter : context.parameter()) {
      String name = Names.plain(parameter.LOCAL().getText());
      if (!names.add(name)) {
        throw ModuleParser.fault(parameter, "two parameters are called '%s'".formatted(name));
      }
      parameters.add(new Var(name, type(parameter.type())));
    }
    return parameters;
  }

  static Type type(ModuleGrammarParser.TypeContext context) {
    return switch (context) {
      case ModuleGrammarParser.TensorTypeContext tensor ->
          new TensorType(
              tensor.dim().stream().map(TypeParser::dim).toList(),
              dtype(tensor.name(), tensor.name().getText()));
      case ModuleGrammarParser.TupleTypeContext tuple ->
          new TupleType(tuple.type().stream().map(TypeParser::type).toList());
      default -> throw new IllegalStateException("no such type: " + context.getText());
    };
  }

  static DType dtype(ParserRuleContext where, String name) {
    try {
      return DType.parse(name);
    } catch (IllegalArgumentException e) {
      throw ModuleParser.fault(where, e.getMessage());
    }
  }

  static Dim dim(ModuleGrammarParser.DimContext context) {
    return switch (context) {
      case ModuleGrammarParser.KnownDimContext known -> {
        try {
          yield Dim.of(Long.parseLong(known.getText()));
        } catch (NumberFormatException _) {
          throw ModuleParser.fault(known, "dimension %s is too large".formatted(known.getText()));
        }
      }
      case ModuleGrammarParser.SymbolDimContext symbol -> Dim.of(Names.plain(symbol.getText()));
      case ModuleGrammarParser.DerivedDimContext derived -> derived(derived);
      default -> throw new IllegalStateException("no such dimension: " + context.getText());
    };
  }

  private static Dim derived(ModuleGrammarParser.DerivedDimContext context) {
    Dim.Operation operation =
        switch (context.operation.getText()) {
          case "+" -> Dim.Operation.ADD;
          case "-" -> Dim.Operation.SUBTRACT;
          case "*" -> Dim.Operation.MULTIPLY;
          case "/" -> Dim.Operation.FLOOR_DIVIDE;
          case "%" -> Dim.Operation.MODULO;
          case "max" -> Dim.Operation.MAX;
          case "min" -> Dim.Operation.MIN;
          default ->
              throw ModuleParser.fault(
                  context.operation, "no operation: " + context.operation.getText());
        };
    try {
      return Dim.derive(operation, dim(context.dim(0)), dim(context.dim(1)));
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw ModuleParser.fault(
          context, "dimension %s: %s".formatted(context.getText(), e.getMessage()));
    }
  }
}
