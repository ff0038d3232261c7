package org.jtvmc.ir.loop;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprPrinter;
import org.jtvmc.ir.expr.PrimVar;

/**
 * The readable form of loop IR, one statement a line, two spaces a level. Variables that share a
 * name are told apart by a number, so that the text names each loop uniquely.
 */
public final class LoopPrinter {
  private final StringBuilder out = new StringBuilder();
  private final Map<PrimVar, String> names = new HashMap<>();
  private final Set<String> taken = new HashSet<>();
  private final PrimExprPrinter exprs = new PrimExprPrinter(this::nameOf);
  private final Stmt marked;

  private LoopPrinter(Stmt marked) {
    this.marked = marked;
  }

  /** The text of a whole function. */
  public static String print(PrimFunc function) {
    LoopPrinter printer = new LoopPrinter(null);
    String parameters =
        Stream.concat(
                function.inputs().stream().map(b -> printer.declaration(b)),
                function.outputs().stream().map(b -> "out " + printer.declaration(b)))
            .collect(Collectors.joining(", "));
    printer.out.append("func ").append(function.name()).append('(').append(parameters);
    function.sizes().forEach(v -> printer.out.append(", ").append(printer.nameOf(v)));
    printer.out.append(") {\n");
    printer.statement(function.body(), 1);
    return printer.out.append("}\n").toString();
  }

  /** The text of a statement. */
  public static String print(Stmt stmt) {
    return print(stmt, null);
  }

  /** The text of a statement with the line of {@code marked} pointed at, for error messages. */
  public static String print(Stmt stmt, Stmt marked) {
    LoopPrinter printer = new LoopPrinter(marked);
    printer.statement(stmt, 0);
    return printer.out.toString();
  }

  private String declaration(Buffer buffer) {
    return buffer.name() + ": " + buffer.dtype() + "[" + exprs.texts(buffer.shape()) + "]";
  }

  private void statement(Stmt stmt, int level) {
    switch (stmt) {
      case Stmt.For loop -> {
        line(level, stmt, loopHeader(loop));
        statement(loop.body(), level + 1);
        line(level, null, "}");
      }
      case Stmt.Store store ->
          line(
              level,
              stmt,
              store.buffer().name()
                  + "["
                  + exprs.texts(store.indices())
                  + (store.async() ? "] <- " : "] = ")
                  + exprs.text(store.value()));
      case Stmt.Allocate allocate -> {
        String scope = allocate.buffer().scope().name().toLowerCase(Locale.ROOT);
        String order = allocate.buffer().isSwizzled() ? " swizzled " : " ";
        line(level, stmt, "allocate " + scope + order + declaration(allocate.buffer()));
        statement(allocate.body(), level);
      }
      case Stmt.If branch -> {
        String likely = branch.likely() ? "likely " : "";
        line(level, stmt, "if " + likely + exprs.text(branch.condition()) + " {");
        statement(branch.then(), level + 1);
        branch
            .otherwise()
            .ifPresent(
                other -> {
                  line(level, null, "} else {");
                  statement(other, level + 1);
                });
        line(level, null, "}");
      }
      case Stmt.Seq(List<Stmt> statements) -> statements.forEach(s -> statement(s, level));
      case Stmt.Evaluate(Effect effect) ->
          line(
              level,
              stmt,
              switch (effect) {
                case Effect.Barrier _ -> "barrier";
                case Effect.CommitCopies _ -> "commit_copies";
                case Effect.AwaitCopies(int pending) -> "await_copies but " + pending;
                case Effect.StartProducts _ -> "start_products";
                case Effect.CommitProducts _ -> "commit_products";
                case Effect.AwaitProducts(int pending) -> "await_products but " + pending;
                case Effect.OpenArrivals(var first, int count) ->
                    "open_arrivals " + exprs.text(first) + " and " + (count - 1) + " more";
                case Effect.CloseArrivals(var first, int count) ->
                    "close_arrivals " + exprs.text(first) + " and " + (count - 1) + " more";
                case Effect.ExpectTiles(var arrival, long bytes) ->
                    "expect_tiles " + exprs.text(arrival) + " of " + bytes + " bytes";
                case Effect.StartTile(var target, var source, var extents, var arrival) ->
                    "tile "
                        + exprs.text(target)
                        + " <- "
                        + exprs.text(source)
                        + " of "
                        + extents
                        + " arrives at "
                        + exprs.text(arrival);
                case Effect.StartPixels(
                        var target,
                        var source,
                        var offsets,
                        var box,
                        var arrival) ->
                    "pixels "
                        + exprs.text(target)
                        + " <- "
                        + exprs.text(source)
                        + " moved by "
                        + offsets.stream().map(exprs::text).toList()
                        + " of "
                        + box
                        + " arrives at "
                        + exprs.text(arrival);
                case Effect.AwaitTiles(var arrival, var parity) ->
                    "await_tiles " + exprs.text(arrival) + " parity " + exprs.text(parity);
                case Effect.CountBlock(var counter, int blocks, var last) ->
                    exprs.text(last) + " = count_block " + exprs.text(counter) + " of " + blocks;
                case Effect.AllReduce(var op, var element, int width) ->
                    "all_reduce "
                        + exprs.text(element)
                        + " by "
                        + op.symbol()
                        + " over "
                        + width
                        + " threads";
              });
    }
  }

  private String loopHeader(Stmt.For loop) {
    String kind =
        loop.tag()
            .map(ThreadTag::symbol)
            .orElseGet(() -> loop.kind().name().toLowerCase(Locale.ROOT));
    PrimExpr end = loop.min().plus(loop.extent());
    return kind
        + " for "
        + nameOf(loop.var())
        + " in "
        + exprs.text(loop.min())
        + ".."
        + exprs.text(end)
        + " {";
  }

  private void line(int level, Stmt stmt, String text) {
    out.append("  ".repeat(level)).append(text);
    if (stmt != null && stmt == marked) {
      out.append("    <-- here");
    }
    out.append('\n');
  }

  private String nameOf(PrimVar variable) {
    return names.computeIfAbsent(
        variable,
        v -> {
          String name = v.name();
          for (int copy = 1; !taken.add(name); copy++) {
            name = v.name() + "_" + copy;
          }
          return name;
        });
  }
}
