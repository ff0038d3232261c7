package org.jtvmc.codegen.kernel;

import java.util.function.Supplier;

/** Watches code generation, for dumps. */
@FunctionalInterface
public interface CodeListener {
  CodeListener NONE = (_, _, _) -> {};

  /** The forms in which code can be seen. */
  enum Stage {
    /** The loops as emission gets them, after the passes. */
    LOOP,
    /** LLVM IR as emitted. */
    LL,
    /** LLVM IR after LLVM's passes. */
    OPTIMIZED_LL,
    ASM,
    /** The assembly of a GPU. */
    PTX
  }

  /**
   * @param unit the name of the kernel or module
   * @param text makes the text; call it only if it is wanted
   */
  void produced(Stage stage, String unit, Supplier<String> text);
}
