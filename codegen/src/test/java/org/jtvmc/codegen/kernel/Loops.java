package org.jtvmc.codegen.kernel;

import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.type.DType;

/** Short ways to write loop IR. */
final class Loops {
  private Loops() {}

  static Buffer global(String name, DType dtype, long... shape) {
    return Buffer.dense(name, dtype, sizes(shape), Scope.GLOBAL);
  }

  static Buffer local(String name, DType dtype, long... shape) {
    return Buffer.dense(name, dtype, sizes(shape), Scope.LOCAL);
  }

  private static List<PrimExpr> sizes(long... shape) {
    return LongStream.of(shape).<PrimExpr>mapToObj(IntImm::of).toList();
  }

  static PrimVar var(String name) {
    return PrimVar.index(name);
  }

  static Stmt serial(PrimVar variable, long extent, Stmt body) {
    return loop(ForKind.SERIAL, variable, extent, body);
  }

  static Stmt parallel(PrimVar variable, long extent, Stmt body) {
    return loop(ForKind.PARALLEL, variable, extent, body);
  }

  static Stmt unrolled(PrimVar variable, long extent, Stmt body) {
    return loop(ForKind.UNROLLED, variable, extent, body);
  }

  static Stmt vectorized(PrimVar variable, long extent, Stmt body) {
    return loop(ForKind.VECTORIZED, variable, extent, body);
  }

  private static Stmt loop(ForKind kind, PrimVar variable, long extent, Stmt body) {
    return new Stmt.For(variable, IntImm.of(0), IntImm.of(extent), kind, body);
  }

  static Stmt store(Buffer buffer, PrimExpr value, PrimExpr... indices) {
    return new Stmt.Store(buffer, List.of(indices), value);
  }

  static PrimExpr load(Buffer buffer, PrimExpr... indices) {
    return new Load(buffer, List.of(indices));
  }
}
