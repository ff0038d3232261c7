package org.jtvmc.schedule.lower;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;

/** The sizes that a kernel has to be told when it runs. */
final class OpenSizes {

  private final Set<PrimVar> found = new TreeSet<>(Comparator.comparing(PrimVar::name));

  private OpenSizes() {}

  /** Those of the parameters and of the body, in the order of their names. */
  static List<PrimVar> of(List<Buffer> inputs, List<Buffer> outputs, Stmt body) {
    OpenSizes sizes = new OpenSizes();
    Stream.concat(inputs.stream(), outputs.stream()).forEach(sizes::add);
    Stmts.forEachExpr(body, sizes::addVariable);
    Stmts.forEach(
        body,
        stmt -> {
          if (stmt instanceof Stmt.Allocate allocate) {
            sizes.add(allocate.buffer());
          }
        });
    return List.copyOf(sizes.found);
  }

  private void add(Buffer buffer) {
    for (PrimExpr size : buffer.shape()) {
      PrimExprs.forEach(size, this::addVariable);
    }
  }

  private void addVariable(PrimExpr expr) {
    if (expr instanceof PrimVar variable && variable.symbol().isPresent()) {
      found.add(variable);
    }
  }
}
