package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMAddNamedMetadataOperand;
import static org.bytedeco.llvm.global.LLVM.LLVMGetParam;
import static org.bytedeco.llvm.global.LLVM.LLVMMDNodeInContext;
import static org.bytedeco.llvm.global.LLVM.LLVMMDStringInContext;
import static org.bytedeco.llvm.global.LLVM.LLVMPTXKernelCallConv;
import static org.bytedeco.llvm.global.LLVM.LLVMPointerTypeInContext;
import static org.bytedeco.llvm.global.LLVM.LLVMSetFunctionCallConv;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.llvm.LLVM.LLVMContextRef;
import org.bytedeco.llvm.LLVM.LLVMModuleRef;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;

/**
 * Emits the entries of GPU kernels into an LLVM module. The parameters of an entry are the
 * addresses of its buffers, multiples of 16 bytes, in global memory.
 */
public final class DeviceEmitter implements AutoCloseable {
  /**
   * With fewer on a multiprocessor there is nothing to run while memory is waited for; more
   * registers than this leaves (128) do not pay.
   */
  private static final int RESIDENT_THREADS = 512;

  private static final int MOST_BLOCKS = 16;

  /** For addresses and what is on its way, beside sums. */
  private static final int OTHER_REGISTERS = 64;

  private final IrBuilder ir;
  private final CudaTarget gpu;
  private final InstructionSet target;
  private final FunctionBuilder functions;

  public DeviceEmitter(LLVMContextRef context, LLVMModuleRef module, CudaTarget target) {
    this.ir = new IrBuilder(context, module);
    this.gpu = target;
    this.target = InstructionSet.of(target);
    this.functions = new FunctionBuilder(ir, this.target);
  }

  /**
   * Emits one entry.
   *
   * @return the bytes of shared memory that its launch must give
   * @throws org.jtvmc.codegen.CodegenException where the body cannot be emitted for the target
   */
  public int emit(DeviceEntry entry) {
    List<Buffer> buffers = entry.parameters();
    LLVMTypeRef[] parameters = new LLVMTypeRef[buffers.size()];
    Arrays.fill(parameters, LLVMPointerTypeInContext(ir.context(), GpuMemory.GLOBAL));
    LLVMValueRef function =
        functions.exported(entry.name(), functions.type(ir.types().nothing(), parameters));
    LLVMSetFunctionCallConv(function, LLVMPTXKernelCallConv);
    functions.declareDistinct(function, buffers.size());
    for (int i = 0; i < buffers.size(); i++) {
      functions.declareAligned(function, i, GpuMemory.ALIGNMENT);
      if (!entry.written().contains(buffers.get(i))) {
        functions.declareReadOnly(function, i);
      }
    }
    requireThreads(function, entry);

    ir.moveTo(ir.newBlock(function, "entry"));
    EmitContext context = new EmitContext(ir, target);
    for (int i = 0; i < buffers.size(); i++) {
      context.place(buffers.get(i), new Storage.Memory(LLVMGetParam(function, i)));
    }
    GpuMemory memory = new GpuMemory(ir, entry.name());
    new StmtEmitter(context, new GpuMachine(memory, entry.extents(), gpu, context))
        .emit(entry.body());
    ir.giveBack();
    return memory.finish();
  }

  /** Says how many threads a block has, so that registers are shared out for exactly those. */
  private void requireThreads(LLVMValueRef function, DeviceEntry entry) {
    annotate(function, "reqntidx", entry.extent(ThreadTag.THREAD_X));
    annotate(function, "reqntidy", entry.extent(ThreadTag.THREAD_Y));
    annotate(function, "reqntidz", entry.extent(ThreadTag.THREAD_Z));
    int threads = entry.threads();
    if (threads <= RESIDENT_THREADS) {
      long blocks =
          (long) entry.extent(ThreadTag.BLOCK_X)
              * entry.extent(ThreadTag.BLOCK_Y)
              * entry.extent(ThreadTag.BLOCK_Z);
      // Where there are few blocks, registers that others would take are free.
      long most = Math.ceilDiv(blocks, gpu.multiprocessors());
      long wanted = Math.min(withRegisters(entry, threads), MOST_BLOCKS);
      annotate(function, "minctasm", Math.clamp(wanted, 1, most));
    }
  }

  /**
   * The blocks that registers are shared out for. Where groups of warps multiply, those on their
   * way hide what is waited for, and sums take as many registers as they are.
   */
  private static long withRegisters(DeviceEntry entry, int threads) {
    long[] sums = {0};
    boolean[] groups = {false};
    Stmts.forEach(
        entry.body(),
        stmt -> {
          if (stmt instanceof Stmt.Allocate(Buffer buffer, _)) {
            groups[0] |= buffer.isSwizzled();
            if (buffer.scope() == Scope.LOCAL) {
              sums[0] = Math.max(sums[0], LocalMemory.bytes(buffer) / Integer.BYTES);
            }
          }
        });
    long most = RESIDENT_THREADS / threads;
    long registers = sums[0] + OTHER_REGISTERS;
    return groups[0]
        ? Math.clamp(CudaTarget.REGISTERS_PER_MULTIPROCESSOR / (threads * registers), 1, most)
        : most;
  }

  private void annotate(LLVMValueRef function, String name, long value) {
    LLVMValueRef key = LLVMMDStringInContext(ir.context(), name, name.length());
    try (PointerPointer<LLVMValueRef> parts = new PointerPointer<>(3L)) {
      parts.put(0, function).put(1, key).put(2, ir.int32(value));
      LLVMValueRef node = LLVMMDNodeInContext(ir.context(), parts, 3);
      LLVMAddNamedMetadataOperand(ir.module(), "nvvm.annotations", node);
    }
  }

  @Override
  public void close() {
    ir.close();
  }
}
