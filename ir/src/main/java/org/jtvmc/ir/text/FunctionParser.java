package org.jtvmc.ir.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.GlobalVar;
import org.jtvmc.ir.graph.If;
import org.jtvmc.ir.graph.Let;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.text.ModuleParser.Signature;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/** One function's body from its parse tree. Types are inferred as the nodes are made. */
final class FunctionParser {
  private final OperatorLookup operators;
  private final Map<String, NDArray> constants;
  private final Map<String, Signature> signatures;

  /** The names in sight. */
  private final Map<String, Expr> locals = new HashMap<>();

  /** One node for each named constant. */
  private final Map<String, Constant> namedConstants = new HashMap<>();

  FunctionParser(
      OperatorLookup operators, Map<String, NDArray> constants, Map<String, Signature> signatures) {
    this.operators = operators;
    this.constants = constants;
    this.signatures = signatures;
  }

  Function function(
      List<Var> parameters,
      ModuleGrammarParser.BlockContext body,
      ModuleGrammarParser.AttributesContext attributes) {
    for (Var parameter : parameters) {
      locals.put("." + parameter.name(), parameter);
    }
    return new Function(parameters, block(body), AttributeParser.attributes(attributes));
  }

  /** Numbers of nodes and names of variables are kept apart: {@code %0} is not {@code %"0"}. */
  private static String key(Token local) {
    String text = local.getText();
    return Character.isDigit(text.charAt(1)) ? text : "." + Names.plain(text);
  }

  private Expr block(ModuleGrammarParser.BlockContext context) {
    record Binding(Var var, Expr value) {}
    List<Binding> lets = new ArrayList<>();
    List<String> defined = new ArrayList<>();
    for (var statement : context.statement()) {
      switch (statement) {
        case ModuleGrammarParser.NodeStatementContext node -> {
          Expr value = expression(node.expression());
          define(node.LOCAL().getSymbol(), value, defined);
        }
        case ModuleGrammarParser.LetStatementContext let -> {
          Expr value = expression(let.expression());
          Var variable = new Var(Names.plain(let.LOCAL().getText()), value.type());
          lets.add(new Binding(variable, value));
          define(let.LOCAL().getSymbol(), variable, defined);
        }
        default -> throw new IllegalStateException("no such statement: " + statement.getText());
      }
    }
    Expr result = expression(context.expression());
    for (Binding let : lets.reversed()) {
      result = new Let(let.var, let.value, result);
    }
    defined.forEach(locals::remove);
    return result;
  }

  private void define(Token local, Expr value, List<String> defined) {
    if (locals.put(key(local), value) != null) {
      throw ModuleParser.fault(local, local.getText() + " is defined twice");
    }
    defined.add(key(local));
  }

  private Expr expression(ModuleGrammarParser.ExpressionContext context) {
    Expr expr = primary(context.primary());
    for (var field : context.field()) {
      try {
        expr = TupleGetItem.of(expr, Integer.parseInt(field.INT().getText()));
      } catch (TypeException | NumberFormatException e) {
        throw ModuleParser.fault(field, e.getMessage());
      }
    }
    return expr;
  }

  private Expr primary(ModuleGrammarParser.PrimaryContext context) {
    return switch (context) {
      case ModuleGrammarParser.CallContext call -> call(call);
      case ModuleGrammarParser.IfContext choice -> choice(choice);
      case ModuleGrammarParser.NestedContext nested -> block(nested.block());
      case ModuleGrammarParser.TupleContext tuple ->
          Tuple.of(tuple.expression().stream().map(this::expression).toList());
      case ModuleGrammarParser.ParenthesisContext inner -> expression(inner.expression());
      case ModuleGrammarParser.NamedConstantContext constant -> named(constant);
      case ModuleGrammarParser.LiteralConstantContext constant ->
          literal(
              constant,
              constant.literal(),
              TypeParser.dtype(constant.name(), constant.name().getText()));
      case ModuleGrammarParser.SeededConstantContext constant -> seeded(constant);
      case ModuleGrammarParser.ReferenceContext reference -> {
        Expr value = locals.get(key(reference.LOCAL().getSymbol()));
        if (value == null) {
          throw ModuleParser.fault(reference, reference.getText() + " is not defined here");
        }
        yield value;
      }
      default -> throw new IllegalStateException("no such expression: " + context.getText());
    };
  }

  private Expr choice(ModuleGrammarParser.IfContext context) {
    Expr condition = expression(context.expression());
    if (!condition.type().equals(TensorType.of(DType.BOOL))) {
      throw ModuleParser.fault(
          context.expression(), "a condition is a scalar bool, not " + condition.type());
    }
    Expr whenTrue = block(context.block(0));
    Expr whenFalse = block(context.block(1));
    if (!whenTrue.type().equals(whenFalse.type())) {
      throw ModuleParser.fault(
          context, "the branches give %s and %s".formatted(whenTrue.type(), whenFalse.type()));
    }
    return new If(condition, whenTrue, whenFalse);
  }

  private Constant named(ModuleGrammarParser.NamedConstantContext context) {
    String name = Names.plain(context.STRING().getText());
    NDArray value = constants.get(name);
    if (value == null) {
      throw ModuleParser.fault(context, "no weight is called '%s'".formatted(name));
    }
    return namedConstants.computeIfAbsent(name, _ -> new Constant(value));
  }

  private static Constant seeded(ModuleGrammarParser.SeededConstantContext context) {
    String generator = context.name().getText();
    if (!generator.equals("random")) {
      throw ModuleParser.fault(
          context.name(), "a constant is made by random(seed), not by " + generator);
    }
    try {
      return new Constant(
          RandomElements.of(
              TypeParser.type(context.type()), Long.parseLong(context.INT().getText())));
    } catch (TypeException | IllegalArgumentException | ArithmeticException e) {
      throw ModuleParser.fault(context, e.getMessage());
    }
  }

  private static Constant literal(
      ParserRuleContext where, ModuleGrammarParser.LiteralContext literal, DType dtype) {
    List<String> elements = literal.element().stream().map(ParserRuleContext::getText).toList();
    boolean isList = literal.getStart().getText().equals("[");
    TensorType type = isList ? TensorType.of(dtype, elements.size()) : TensorType.of(dtype);
    return Literals.parse(type, elements)
        .map(Constant::new)
        .orElseThrow(
            () ->
                ModuleParser.fault(
                    where, "%s is no %s".formatted(String.join(", ", elements), dtype)));
  }

  private Expr call(ModuleGrammarParser.CallContext context) {
    List<Expr> arguments = new ArrayList<>();
    List<ModuleGrammarParser.AttributeContext> attributes = new ArrayList<>();
    for (var argument : context.argument()) {
      if (argument.attribute() != null) {
        attributes.add(argument.attribute());
      } else if (attributes.isEmpty()) {
        arguments.add(expression(argument.expression()));
      } else {
        throw ModuleParser.fault(argument, "operands stand before attributes");
      }
    }
    String label = context.STRING() == null ? "" : Names.plain(context.STRING().getText());
    Attributes given = AttributeParser.attributes(attributes);
    try {
      return switch (context.callee()) {
        case ModuleGrammarParser.OperatorContext operator ->
            Call.of(operator(operator), arguments, given, label);
        case ModuleGrammarParser.GlobalFunctionContext global -> {
          String name = Names.plain(global.getText());
          Signature signature = signatures.get(name);
          if (signature == null) {
            throw ModuleParser.fault(global, "function @%s is not defined".formatted(name));
          }
          checkArguments(context, signature.parameters(), arguments, given);
          yield new Call(
              new GlobalVar(name, signature.result()), arguments, given, label, signature.result());
        }
        case ModuleGrammarParser.InlineFunctionContext inline -> {
          List<Var> parameters = TypeParser.parameters(inline.parameters());
          checkArguments(context, parameters, arguments, given);
          Function function =
              new FunctionParser(operators, constants, signatures)
                  .function(parameters, inline.block(), inline.attributes());
          yield Call.of(function, arguments, label);
        }
        default -> throw new IllegalStateException("no such callee: " + context.getText());
      };
    } catch (TypeException
        | IllegalArgumentException
        | IllegalStateException
        | NoSuchElementException
        | ArithmeticException e) {
      throw ModuleParser.fault(context, e.getMessage());
    }
  }

  private Operator operator(ModuleGrammarParser.OperatorContext context) {
    return operators
        .find(context.getText())
        .orElseThrow(
            () ->
                ModuleParser.fault(context, "unknown operator '%s'".formatted(context.getText())));
  }

  private static void checkArguments(
      ParserRuleContext where, List<Var> parameters, List<Expr> arguments, Attributes attributes) {
    List<Type> wanted = parameters.stream().map(Var::type).toList();
    List<Type> given = arguments.stream().map(Expr::type).toList();
    if (!wanted.equals(given)) {
      throw ModuleParser.fault(
          where, "a function of %s is called with %s".formatted(wanted, given));
    }
    if (!attributes.isEmpty()) {
      throw ModuleParser.fault(where, "only calls of operators have attributes");
    }
  }
}
