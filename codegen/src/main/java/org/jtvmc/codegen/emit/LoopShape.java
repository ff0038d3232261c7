package org.jtvmc.codegen.emit;

import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Stmt;

/** A loop's bounds at the place where it is emitted. */
record LoopShape(Affine min, Affine extent, Range range) {

  static LoopShape of(Stmt.For loop, IndexAnalysis indices) {
    Affine min = indices.affine(loop.min());
    Affine extent = indices.affine(loop.extent());
    long low = indices.range(min).low();
    long high = indices.range(min.plus(extent).plus(-1)).high();
    return new LoopShape(min, extent, new Range(low, Math.max(low, high)));
  }

  /** Binds the variable as emission will, but to no LLVM value. */
  Environment.Scope bindWithoutValue(PrimVar variable, Environment environment) {
    return isSingle()
        ? environment.bind(variable, new Environment.Binding.Alias(min))
        : environment.bindScalar(variable, null, range);
  }

  /** True for exactly one iteration. */
  boolean isSingle() {
    return extent.isConstant() && extent.constant() == 1;
  }

  /**
   * The number of iterations.
   *
   * @throws CodegenException where it is not a constant
   */
  long constantExtent(Stmt.For loop) {
    if (!extent.isConstant()) {
      throw new CodegenException(
          "unrolled loop " + loop.var() + " has no constant extent: " + loop.extent());
    }
    return extent.constant();
  }
}
