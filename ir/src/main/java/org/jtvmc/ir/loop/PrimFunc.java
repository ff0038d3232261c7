package org.jtvmc.ir.loop;

import java.util.List;
import org.jtvmc.ir.expr.PrimVar;

/**
 * A kernel as loops over buffers.
 *
 * @param name a C identifier
 * @param inputs read only; they may alias each other but no output
 * @param outputs written wholly by every run
 * @param sizes variables that the caller gives at run time (symbolic dimensions); usually none
 * @param body allocates what it needs beside the parameters
 */
public record PrimFunc(
    String name, List<Buffer> inputs, List<Buffer> outputs, List<PrimVar> sizes, Stmt body) {

  public PrimFunc {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    sizes = List.copyOf(sizes);
  }

  public PrimFunc(String name, List<Buffer> inputs, List<Buffer> outputs, Stmt body) {
    this(name, inputs, outputs, List.of(), body);
  }

  public PrimFunc withBody(Stmt other) {
    return other == body ? this : new PrimFunc(name, inputs, outputs, sizes, other);
  }

  @Override
  public String toString() {
    return LoopPrinter.print(this);
  }
}
