package org.jtvmc.ir.interpret;

/**
 * Loop IR that does what it must not: reads or writes outside a buffer, reads what was never
 * written, or has parallel iterations that touch the same element. The message names the buffer,
 * the indices and the values of the loop variables.
 */
public final class LoopFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LoopFault(String message) {
    super(message);
  }
}
