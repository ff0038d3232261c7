package org.jtvmc.ir.text;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Callee;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.GlobalVar;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.If;
import org.jtvmc.ir.graph.Let;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.graph.Var;

/** Writes modules in the text form; recurses only where the text itself is nested. */
final class ModulePrinter {
  private final StringBuilder out = new StringBuilder();

  /** Names of the constants that the text only names, by identity. */
  private final Map<NDArray, String> constantNames = new HashMap<>();

  private final Map<String, NDArray> constants = new LinkedHashMap<>();
  private final Names constantNamesTaken = new Names();

  String text() {
    return out.toString();
  }

  /** The constants that the text only names. */
  Map<String, NDArray> constants() {
    return constants;
  }

  void print(IRModule module) {
    out.append(
        module.outputNames().stream()
            .map(Names::quote)
            .collect(Collectors.joining(", ", "outputs [", "];\n")));
    module
        .functions()
        .forEach(
            (name, function) -> {
              out.append("\ndef ").append(Names.global(name));
              new Body(function, "").print(" -> " + TypePrinter.print(function.resultType()));
              out.append('\n');
            });
  }

  /** A function that stands alone: {@code fn (%x: ...) { ... }}. */
  void print(Function function) {
    out.append("fn");
    new Body(function, "").print("");
    out.append('\n');
  }

  private String constant(Constant constant, String hint) {
    NDArray value = constant.value();
    return Literals.print(value)
        .orElseGet(
            () -> {
              String name =
                  constantNames.computeIfAbsent(value, _ -> constantNamesTaken.unique(hint));
              constants.put(name, value);
              return "const[" + Names.quote(name) + "]";
            });
  }

  /** {@code (axis=1, mode="same")}, or nothing. */
  private static String attributes(Attributes attributes) {
    return attributes.isEmpty() ? "" : " (" + list(attributes) + ")";
  }

  private static String list(Attributes attributes) {
    return attributes.values().entrySet().stream()
        .map(entry -> entry.getKey() + "=" + value(entry.getValue()))
        .collect(Collectors.joining(", "));
  }

  private static String value(AttributeValue value) {
    return switch (value) {
      case AttributeValue.Text(String text) -> Names.quote(text);
      case AttributeValue.Items(var items) ->
          items.stream().map(ModulePrinter::value).collect(Collectors.joining(", ", "[", "]"));
      case AttributeValue.Size(var dim) -> "<" + TypePrinter.print(dim) + ">";
      case AttributeValue.Int _,
          AttributeValue.Real _,
          AttributeValue.Bool _,
          AttributeValue.ElementType _ ->
          value.toString();
    };
  }

  /** One function's names. */
  private final class Body {
    private final Function function;
    private final String margin;
    private final Scopes scopes;
    private final Names taken = new Names();
    private final Map<Expr, String> names = new HashMap<>();
    private int numbered;

    Body(Function function, String margin) {
      this.function = function;
      this.margin = margin;
      this.scopes = new Scopes(function.body());
    }

    void print(String resultType) {
      out.append(attributes(function.attributes()))
          .append(function.attributes().isEmpty() ? "(" : " (");
      String separator = "";
      for (Var parameter : function.parameters()) {
        String name = Names.local(taken.unique(parameter.name()));
        names.put(parameter, name);
        out.append(separator).append(name).append(": ");
        out.append(TypePrinter.print(parameter.type()));
        separator = ", ";
      }
      out.append(')').append(resultType).append(' ');
      block(scopes.outermost(), margin);
    }

    private void block(Scopes.Scope scope, String indent) {
      out.append("{\n");
      String inner = indent + "  ";
      Scopes.Scope current = scope;
      while (true) {
        Expr result = current.result();
        for (Expr node : current.nodes()) {
          if (isInlined(node) || (node == result && isTail(node)) || isValueOf(result, node)) {
            continue;
          }
          out.append(inner).append('%').append(numbered).append(" = ");
          String name = "%" + numbered++;
          expression(node, inner);
          names.put(node, name);
          out.append(";  // ").append(TypePrinter.print(node.type())).append('\n');
        }
        if (result instanceof Let let && isTail(let)) {
          let(let, inner);
          current = scopes.blocks(let).getFirst();
        } else {
          out.append(inner);
          if (isTail(result)) {
            expression(result, inner);
          } else {
            out.append(operand(result, "result"));
          }
          out.append('\n').append(indent).append('}');
          return;
        }
      }
    }

    private void let(Let let, String indent) {
      String name = Names.local(taken.unique(let.var().name()));
      out.append(indent).append("let ").append(name).append(" = ");
      if (isValueOf(let, let.value())) {
        expression(let.value(), indent);
      } else {
        out.append(operand(let.value(), "v"));
      }
      names.put(let.var(), name);
      out.append(";\n");
    }

    /** Whether a node is written in the binding of the block's last {@link Let} alone. */
    private boolean isValueOf(Expr result, Expr node) {
      return result instanceof Let let
          && isTail(let)
          && let.value() == node
          && !names.containsKey(node)
          && scopes.uses(node) == 1;
    }

    /** Whether the result of a block is written as its last line, having no other use. */
    private boolean isTail(Expr result) {
      return !(result instanceof Var || result instanceof Constant)
          && !names.containsKey(result)
          && scopes.uses(result) == 1;
    }

    /** Small nodes with one use stand in their user: {@code concatenate((%0, %1))}. */
    private boolean isInlined(Expr expr) {
      return isSmall(expr)
          && scopes.uses(expr) == 1
          && Exprs.children(expr).stream()
              .noneMatch(child -> isSmall(child) && scopes.uses(child) == 1);
    }

    private static boolean isSmall(Expr expr) {
      return expr instanceof Tuple || expr instanceof TupleGetItem;
    }

    private void expression(Expr expr, String indent) {
      switch (expr) {
        case Var _, Constant _, Tuple _, TupleGetItem _ -> out.append(inPlace(expr, "c"));
        case Call call -> call(call, indent);
        case If choice -> {
          out.append("if (").append(operand(choice.condition(), "condition")).append(") ");
          block(scopes.blocks(choice).get(0), indent);
          out.append(" else ");
          block(scopes.blocks(choice).get(1), indent);
        }
        case Let let -> {
          String inner = indent + "  ";
          out.append("{\n");
          let(let, inner);
          out.append(inner);
          block(scopes.blocks(let).getFirst(), inner);
          out.append('\n').append(indent).append('}');
        }
      }
    }

    private void call(Call call, String indent) {
      callee(call.callee(), indent);
      out.append('(');
      List<Expr> arguments = call.arguments();
      for (int i = 0; i < arguments.size(); i++) {
        String hint = call.label().isEmpty() ? "c" + constants.size() : call.label() + "." + i;
        out.append(i > 0 ? ", " : "").append(operand(arguments.get(i), hint));
      }
      if (!call.attributes().isEmpty()) {
        out.append(arguments.isEmpty() ? "" : ", ").append(list(call.attributes()));
      }
      out.append(')');
      if (!call.label().isEmpty()) {
        out.append(" from ").append(Names.quote(call.label()));
      }
    }

    private void callee(Callee callee, String indent) {
      switch (callee) {
        case Operator operator -> out.append(operator.name());
        case GlobalVar global -> out.append(Names.global(global.name()));
        case Function inner -> {
          out.append("fn");
          new Body(inner, indent).print("");
        }
      }
    }

    /** A node where it is used: its name, or itself where it has none. */
    private String operand(Expr expr, String constantHint) {
      String name = names.get(expr);
      return name != null ? name : inPlace(expr, constantHint);
    }

    private String inPlace(Expr expr, String constantHint) {
      return switch (expr) {
        case Constant constant -> constant(constant, constantHint);
        case Tuple tuple ->
            tuple.fields().stream()
                .map(field -> operand(field, constantHint))
                .collect(Collectors.joining(", ", "(", tuple.fields().size() == 1 ? ",)" : ")"));
        case TupleGetItem item -> operand(item.tuple(), constantHint) + "." + item.index();
        // A variable that nothing binds: printed for the eye, and rejected by the parser.
        case Var variable -> Names.local(variable.name());
        case Call _, If _, Let _ ->
            throw new IllegalStateException("a node is used before it is named: " + expr.type());
      };
    }
  }
}
