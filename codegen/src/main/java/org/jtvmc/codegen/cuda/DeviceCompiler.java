package org.jtvmc.codegen.cuda;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.emit.DeviceEmitter;
import org.jtvmc.codegen.emit.DeviceEntry;
import org.jtvmc.codegen.kernel.CodeListener;
import org.jtvmc.codegen.kernel.CodeListener.Stage;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmModule;
import org.jtvmc.codegen.llvm.LlvmTarget;
import org.jtvmc.codegen.llvm.LlvmTargetMachine;
import org.jtvmc.codegen.llvm.PassPipeline;
import org.jtvmc.codegen.pass.GpuPipeline;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.pass.PassManager;
import org.jtvmc.ir.target.CudaTarget;

/**
 * Compiles kernels for one GPU target. Needs no GPU. Not to be shared by threads: it holds LLVM's
 * machine description, which serves one module at a time.
 */
public final class DeviceCompiler implements AutoCloseable {
  private final CudaTarget target;
  private final LlvmTargetMachine machine;
  private final PassManager<PrimFunc> passes;
  private final CodeListener listener;

  public DeviceCompiler(CudaTarget target) {
    this(target, GpuPipeline.passes(target), CodeListener.NONE);
  }

  /**
   * @param passes run on every kernel before emission: usually {@link GpuPipeline#passes}
   * @param listener sees every form of the code
   */
  public DeviceCompiler(CudaTarget target, PassManager<PrimFunc> passes, CodeListener listener) {
    this.target = target;
    this.machine = new LlvmTargetMachine(LlvmTarget.of(target));
    this.passes = passes;
    this.listener = listener;
  }

  /**
   * Compiles one kernel.
   *
   * @throws org.jtvmc.codegen.CodegenException where it cannot be compiled for the target
   */
  public DeviceKernel compile(PrimFunc function) {
    PrimFunc ready = passes.run(function);
    listener.produced(Stage.LOOP, function.name(), ready::toString);
    LaunchPlan plan = new LaunchPlan(ready);
    try (LlvmContext context = new LlvmContext()) {
      LlvmModule module = context.newModule(function.name());
      module.setTarget(machine);
      List<Launch> launches = new ArrayList<>();
      try (DeviceEmitter emitter = new DeviceEmitter(context.ref(), module.ref(), target)) {
        for (DeviceEntry entry : plan.entries()) {
          launches.add(launch(entry, plan, emitter.emit(entry)));
        }
      }
      listener.produced(Stage.LL, function.name(), module::toString);
      module.verify();
      module.run(PassPipeline.DEVICE, machine);
      listener.produced(Stage.OPTIMIZED_LL, function.name(), module::toString);
      String ptx = module.emitAssembly(machine);
      listener.produced(Stage.PTX, function.name(), () -> ptx);
      return new DeviceKernel(
          function.name(), ptx, launches, plan.workspaceBytes(), plan.counterBytes());
    }
  }

  private Launch launch(DeviceEntry entry, LaunchPlan plan, int sharedBytes) {
    if (sharedBytes > target.sharedBytesPerBlock()) {
      throw new CodegenException(
          "%s needs %d bytes of shared memory in a block, and %s has %d"
              .formatted(entry.name(), sharedBytes, target.name(), target.sharedBytesPerBlock()));
    }
    return new Launch(
        entry.name(),
        new Launch.Extent(
            entry.extent(ThreadTag.BLOCK_X),
            entry.extent(ThreadTag.BLOCK_Y),
            entry.extent(ThreadTag.BLOCK_Z)),
        new Launch.Extent(
            entry.extent(ThreadTag.THREAD_X),
            entry.extent(ThreadTag.THREAD_Y),
            entry.extent(ThreadTag.THREAD_Z)),
        sharedBytes,
        plan.arguments(entry));
  }

  @Override
  public void close() {
    machine.close();
  }
}
