package org.jtvmc.codegen.emit;

import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.Stmt;

/**
 * What the emission of statements leaves to the kind of machine: how loops are divided among
 * threads, how threads act together, and where buffers live that are not in registers.
 */
interface Machine {

  /** Emits a loop whose kind is parallel or thread-bound; it runs at least once. */
  void emitLoop(Stmt.For loop, LoopShape shape, EmitContext context, StmtEmitter statements);

  /**
   * Emits a loop, with all that is in it, by instructions that do its work as a whole.
   *
   * @return false where there are none, and nothing has been emitted
   */
  boolean emitWhole(Stmt.For loop, EmitContext context, StmtEmitter statements);

  /**
   * Emits a loop and the statement before it, by instructions that do the work of both as a whole.
   *
   * @return false where there are none, and nothing has been emitted
   */
  boolean emitTogether(Stmt before, Stmt.For loop, EmitContext context, StmtEmitter statements);

  /**
   * Emits a store that may be asynchronous by an instruction that makes it so.
   *
   * @return false where there is none, and nothing has been emitted
   */
  boolean emitCopy(Stmt.Store store, EmitContext context, StmtEmitter statements);

  /** Emits an effect. */
  void emitEffect(Effect effect, EmitContext context, StmtEmitter statements);

  /** Before a branch: what was computed shall not move into it, where the machine gains by that. */
  void keepComputed(EmitContext context);

  /** Places {@code buffer} in memory until the result is closed. */
  Environment.Scope allocate(Buffer buffer, EmitContext context);
}
