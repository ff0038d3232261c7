package org.jtvmc.schedule.lower;

import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Stmt;

/** Loops of few iterations in what a thread copies: unrolled, so that registers hold what moves. */
final class ShortLoops {

  private ShortLoops() {}

  /** The statement, a serial loop of at most {@code most} iterations as one that is unrolled. */
  static Stmt unrolled(Stmt stmt, long most) {
    return stmt instanceof Stmt.For loop
            && loop.kind() == ForKind.SERIAL
            && loop.extent() instanceof IntImm count
            && count.value() <= most
        ? loop.withKind(ForKind.UNROLLED)
        : stmt;
  }
}
