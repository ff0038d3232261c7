package org.jtvmc.ir.loop;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.type.DType;

/**
 * Checks what holds of all loop IR, for tests and between stages: variables and buffers are used
 * inside of what defines them and defined once, indices are {@code int64}, inputs are not written,
 * vectorized and unrolled loops have constant extents, and inside a vector there is no loop but an
 * unrolled one.
 */
public final class LoopVerifier {
  private final Set<PrimVar> variables = new HashSet<>();
  private final Set<PrimVar> everBound = new HashSet<>();
  private final Set<Buffer> readable = new HashSet<>();
  private final Set<Buffer> writable = new HashSet<>();
  private final Stmt root;
  private boolean inVector;

  private LoopVerifier(PrimFunc func) {
    this.root = func.body();
    variables.addAll(func.sizes());
    everBound.addAll(func.sizes());
    readable.addAll(func.inputs());
    readable.addAll(func.outputs());
    writable.addAll(func.outputs());
  }

  /**
   * Checks a function.
   *
   * @throws IllegalStateException with the loops and the offending statement marked
   */
  public static void verify(PrimFunc func) {
    new LoopVerifier(func).statement(func.body());
  }

  private void statement(Stmt stmt) {
    Stmts.expressions(stmt).forEach(expr -> expression(expr, stmt));
    switch (stmt) {
      case Stmt.For loop -> loop(loop);
      case Stmt.Store store -> {
        require(
            writable.contains(store.buffer()),
            "buffer " + store.buffer() + " may not be written here",
            stmt);
        indices(store.buffer(), store.indices(), stmt);
      }
      case Stmt.Allocate allocate -> {
        require(!inVector, "an allocation is inside a vectorized loop", stmt);
        require(
            readable.add(allocate.buffer()) && writable.add(allocate.buffer()),
            "buffer " + allocate.buffer() + " is allocated twice",
            stmt);
        statement(allocate.body());
        readable.remove(allocate.buffer());
        writable.remove(allocate.buffer());
      }
      case Stmt.If branch -> {
        require(branch.condition().dtype().isBool(), "a condition is not a bool", stmt);
        statement(branch.then());
        branch.otherwise().ifPresent(this::statement);
      }
      case Stmt.Seq(List<Stmt> statements) -> statements.forEach(this::statement);
      case Stmt.Evaluate _ -> {}
    }
  }

  private void loop(Stmt.For loop) {
    require(
        loop.var().dtype().equals(DType.I64)
            && loop.min().dtype().equals(DType.I64)
            && loop.extent().dtype().equals(DType.I64),
        "a loop's variable, start and extent are int64",
        loop);
    boolean constant = loop.extent() instanceof IntImm;
    require(
        constant || (loop.kind() != ForKind.VECTORIZED && loop.kind() != ForKind.UNROLLED),
        "a vectorized or unrolled loop has a constant extent",
        loop);
    require(
        !inVector || loop.kind() == ForKind.UNROLLED,
        "a loop that is not unrolled is inside a vectorized one",
        loop);
    require(everBound.add(loop.var()), "variable " + loop.var() + " is bound twice", loop);
    variables.add(loop.var());
    boolean outer = inVector;
    inVector |= loop.kind() == ForKind.VECTORIZED;
    statement(loop.body());
    inVector = outer;
    variables.remove(loop.var());
  }

  private void expression(PrimExpr expr, Stmt stmt) {
    PrimExprs.forEach(
        expr,
        node -> {
          if (node instanceof PrimVar variable) {
            require(
                variables.contains(variable),
                "variable " + variable + " is used outside of its loop",
                stmt);
          } else if (node instanceof Read read) {
            require(false, "a read of tensor " + read.tensor() + " was never lowered", stmt);
          } else if (node instanceof Load load) {
            require(
                readable.contains(load.buffer()),
                "buffer " + load.buffer() + " is used outside of its allocation",
                stmt);
            indices(load.buffer(), load.indices(), stmt);
          }
        });
  }

  private void indices(Buffer buffer, List<PrimExpr> indices, Stmt stmt) {
    require(
        indices.size() == buffer.rank(),
        "buffer " + buffer + " has another number of dimensions",
        stmt);
    for (PrimExpr index : indices) {
      require(index.dtype().equals(DType.I64), "index " + index + " is not int64", stmt);
    }
  }

  private void require(boolean holds, String sentence, Stmt stmt) {
    if (!holds) {
      throw new IllegalStateException(sentence + "\n" + LoopPrinter.print(root, stmt));
    }
  }
}
