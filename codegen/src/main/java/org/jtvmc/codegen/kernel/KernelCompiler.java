package org.jtvmc.codegen.kernel;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.codegen.emit.KernelEmitter;
import org.jtvmc.codegen.kernel.CodeListener.Stage;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmModule;
import org.jtvmc.codegen.llvm.LlvmTarget;
import org.jtvmc.codegen.llvm.LlvmTargetMachine;
import org.jtvmc.codegen.llvm.PassPipeline;
import org.jtvmc.codegen.pass.CpuPipeline;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.pass.PassManager;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.type.Dim;

/**
 * Compiles kernels for one CPU target. Not to be shared by threads: it holds LLVM's machine
 * description, which serves one module at a time.
 */
public final class KernelCompiler implements AutoCloseable {
  private final CpuTarget target;
  private final LlvmTargetMachine machine;
  private final PassManager<PrimFunc> passes;
  private final CodeListener listener;

  public KernelCompiler(CpuTarget target) {
    this(target, CpuPipeline.passes(target), CodeListener.NONE);
  }

  /**
   * @param passes run on every kernel before emission: usually {@link CpuPipeline#passes}
   * @param listener sees every form of the code
   */
  public KernelCompiler(CpuTarget target, PassManager<PrimFunc> passes, CodeListener listener) {
    this.target = target;
    this.machine = new LlvmTargetMachine(LlvmTarget.of(target));
    this.passes = passes;
    this.listener = listener;
  }

  /**
   * Compiles kernels into one object file.
   *
   * @throws org.jtvmc.codegen.CodegenException where one cannot be compiled for the target
   */
  public KernelObject compile(String moduleName, List<PrimFunc> functions) {
    try (LlvmContext context = new LlvmContext()) {
      LlvmModule module = context.newModule(moduleName);
      List<KernelObject.Kernel> kernels = emitInto(module, functions);
      optimize(module, moduleName);
      return new KernelObject(module.emitObject(machine), kernels);
    }
  }

  /** The same for one kernel, in a module of its own name. */
  public KernelObject compile(PrimFunc function) {
    return compile(function.name(), List.of(function));
  }

  /**
   * Emits kernels into a module, without LLVM's passes.
   *
   * @return what was emitted, in order
   */
  public List<KernelObject.Kernel> emitInto(LlvmModule module, List<PrimFunc> functions) {
    module.setTarget(machine);
    List<KernelObject.Kernel> kernels = new ArrayList<>();
    try (KernelEmitter emitter = new KernelEmitter(module.context().ref(), module.ref(), target)) {
      for (PrimFunc function : functions) {
        PrimFunc ready = passes.run(function);
        listener.produced(Stage.LOOP, function.name(), ready::toString);
        Dim workspace = emitter.emit(ready);
        kernels.add(new KernelObject.Kernel(function.name(), workspace));
      }
    }
    return kernels;
  }

  private void optimize(LlvmModule module, String name) {
    listener.produced(Stage.LL, name, module::toString);
    module.verify();
    module.run(PassPipeline.KERNEL, machine);
    listener.produced(Stage.OPTIMIZED_LL, name, module::toString);
    listener.produced(Stage.ASM, name, () -> assembly(module));
  }

  /** Emitting code changes a module, so that the text is made of a copy. */
  private String assembly(LlvmModule module) {
    try (LlvmContext context = new LlvmContext()) {
      return context.parseBitcode("copy", module.toBitcode()).emitAssembly(machine);
    }
  }

  @Override
  public void close() {
    machine.close();
  }
}
