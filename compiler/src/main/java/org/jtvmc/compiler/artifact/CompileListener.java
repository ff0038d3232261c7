package org.jtvmc.compiler.artifact;

import org.jtvmc.codegen.kernel.CodeListener;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.pass.PassListener;

/** Watches a model being compiled. */
public interface CompileListener {

  /** Watches nothing. */
  CompileListener NONE = new CompileListener() {};

  /** Sees every graph pass. */
  default PassListener<IRModule> passes() {
    return (_, _, _, _) -> {};
  }

  /** Sees the code of every kernel; called by several threads. */
  default CodeListener code() {
    return CodeListener.NONE;
  }

  /** Hears why a better schedule was not used, in a sentence; called by several threads. */
  default void problem(String sentence) {}

  /** Called once all kernels are made. */
  default void compiled(CompiledModel model) {}
}
