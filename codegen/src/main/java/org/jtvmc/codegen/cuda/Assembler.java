package org.jtvmc.codegen.cuda;

import org.jtvmc.ir.target.CudaTarget;

/** Makes machine code of PTX where the tools for that are at hand. */
@FunctionalInterface
public interface Assembler {

  /** Leaves it to the driver. */
  Assembler NONE = (_, _) -> Cubin.NONE;

  /**
   * The machine code; {@link Cubin#NONE} where it is left to the driver.
   *
   * @throws org.jtvmc.codegen.CodegenException where the text is not right
   */
  Cubin assemble(String ptx, CudaTarget target);
}
