package org.jtvmc.ir.graph;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jtvmc.ir.data.NDArray;

/**
 * A graph as text in which nothing is left to choice: one line for each node in post-order, nodes
 * and bound variables by number, no labels. Two graphs have the same form exactly where they
 * compute the same thing in the same way with the same sharing; a scalar or short list counts as
 * shared wherever an equal one is used, since the text form writes these where they stand.
 *
 * @param lines the nodes; a constant's line has its type only
 * @param constants the contents, in the order of their lines
 */
record CanonicalForm(List<String> lines, List<NDArray> constants) {

  /** Elements of a list that the text form writes where it stands. */
  private static final int LONGEST_LITERAL = 16;

  static CanonicalForm of(IRModule module) {
    Writer writer = new Writer();
    writer.line("outputs " + module.outputNames());
    module.functions().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            entry -> {
              writer.line("def @" + entry.getKey());
              writer.function(entry.getValue());
            });
    return writer.form();
  }

  static CanonicalForm of(Function function) {
    Writer writer = new Writer();
    writer.function(function);
    return writer.form();
  }

  static CanonicalForm of(Expr expr) {
    Writer writer = new Writer();
    writer.body(expr, new HashMap<>());
    return writer.form();
  }

  private static final class Writer {
    private final List<String> lines = new ArrayList<>();
    private final List<NDArray> constants = new ArrayList<>();

    /**
     * Numbers of the functions met so far; equal ones share a number, be they one object or not.
     */
    private final Map<Function, Integer> functions = new HashMap<>();

    private final Map<String, Integer> numbers = new HashMap<>();

    CanonicalForm form() {
      return new CanonicalForm(List.copyOf(lines), List.copyOf(constants));
    }

    void line(String line) {
      lines.add(line);
    }

    void function(Function function) {
      Map<Expr, String> names = new HashMap<>();
      for (Var parameter : function.parameters()) {
        names.put(parameter, "p" + names.size());
      }
      line(
          function.parameters().stream()
              .map(p -> p.type().toString())
              .collect(Collectors.joining(", ", "fn (" + function.attributes() + ") (", ")")));
      body(function.body(), names);
    }

    void body(Expr root, Map<Expr, String> names) {
      List<Expr> order = Exprs.postOrder(root);
      for (Expr expr : order) {
        if (expr instanceof Let let) {
          names.put(let.var(), "v" + names.size());
        }
      }
      int number = 0;
      Map<String, String> literals = new HashMap<>();
      for (Expr expr : order) {
        if (expr instanceof Var variable) {
          names.computeIfAbsent(variable, _ -> "free " + variable.name() + ": " + variable.type());
          continue;
        }
        if (expr instanceof Constant(NDArray value) && isLiteral(value)) {
          String known = literals.putIfAbsent(literal(value), Integer.toString(number));
          if (known != null) {
            names.put(expr, known);
            continue;
          }
        }
        line(number + " = " + describe(expr, names) + ": " + expr.type());
        names.put(expr, Integer.toString(number));
        number++;
      }
      line("return " + names.get(root));
    }

    private static boolean isLiteral(NDArray value) {
      return value.type().rank() <= 1
          && value.elements() <= LONGEST_LITERAL
          && !value.dtype().isString();
    }

    private static String literal(NDArray value) {
      byte[] bytes = value.data().toArray(ValueLayout.JAVA_BYTE);
      return value.type() + " " + HexFormat.of().formatHex(bytes);
    }

    private String describe(Expr expr, Map<Expr, String> names) {
      return switch (expr) {
        case Var variable -> names.get(variable);
        case Constant constant -> {
          constants.add(constant.value());
          yield "const";
        }
        case Call call ->
            callee(call.callee()) + operands(expr, names) + " {" + call.attributes() + "}";
        case Tuple _ -> "tuple" + operands(expr, names);
        case TupleGetItem item -> "field " + item.index() + operands(expr, names);
        case If _ -> "if" + operands(expr, names);
        case Let let -> "let " + names.get(let.var()) + operands(expr, names);
      };
    }

    private static String operands(Expr expr, Map<Expr, String> names) {
      return Exprs.children(expr).stream()
          .map(names::get)
          .collect(Collectors.joining(", ", " (", ")"));
    }

    private String callee(Callee callee) {
      return switch (callee) {
        case Operator operator -> operator.name();
        case GlobalVar global -> "@" + global.name();
        case Function function -> "fn " + functions.computeIfAbsent(function, this::define);
      };
    }

    /** Writes a function where it is first called. */
    private int define(Function function) {
      CanonicalForm form = CanonicalForm.of(function);
      String digest = form.digest();
      Integer known = numbers.get(digest);
      if (known != null) {
        return known;
      }
      int number = numbers.size();
      numbers.put(digest, number);
      line("define " + number);
      lines.addAll(form.lines);
      constants.addAll(form.constants);
      return number;
    }
  }

  /** SHA-256 over the lines and the contents of the constants, in hexadecimal. */
  String digest() {
    MessageDigest digest = sha256();
    for (String line : lines) {
      digest.update(line.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) '\n');
    }
    for (NDArray constant : constants) {
      update(digest, constant.data());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** True where the lines are the same and the constants hold the same bytes. */
  boolean matches(CanonicalForm other) {
    if (!lines.equals(other.lines)) {
      return false;
    }
    for (int i = 0; i < constants.size(); i++) {
      NDArray left = constants.get(i);
      NDArray right = other.constants.get(i);
      if (left != right && left.data().mismatch(right.data()) != -1) {
        return false;
      }
    }
    return true;
  }

  private static void update(MessageDigest digest, MemorySegment data) {
    long step = 1L << 30;
    for (long from = 0; from < data.byteSize(); from += step) {
      digest.update(data.asSlice(from, Math.min(step, data.byteSize() - from)).asByteBuffer());
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
