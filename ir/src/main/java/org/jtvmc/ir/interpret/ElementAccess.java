package org.jtvmc.ir.interpret;

import org.jtvmc.ir.expr.PrimExpr;

/**
 * How {@code Read}s and {@code Load}s are compiled: what elements are depends on who interprets.
 */
interface ElementAccess {

  /** The code of a floating-point element. */
  RealCode real(PrimExpr access, ScalarCompiler compiler);

  /** The code of an integer or boolean element. */
  IntegerCode integer(PrimExpr access, ScalarCompiler compiler);
}
