package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMAddNamedMetadataOperand;
import static org.bytedeco.llvm.global.LLVM.LLVMArrayType2;
import static org.bytedeco.llvm.global.LLVM.LLVMGetParam;
import static org.bytedeco.llvm.global.LLVM.LLVMMDNodeInContext;
import static org.bytedeco.llvm.global.LLVM.LLVMMDStringInContext;
import static org.bytedeco.llvm.global.LLVM.LLVMPTXKernelCallConv;
import static org.bytedeco.llvm.global.LLVM.LLVMPointerTypeInContext;
import static org.bytedeco.llvm.global.LLVM.LLVMSetFunctionCallConv;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.llvm.LLVM.LLVMContextRef;
import org.bytedeco.llvm.LLVM.LLVMModuleRef;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;

/**
 * Emits the entries of GPU kernels into an LLVM module. The parameters of an entry are the
 * addresses of its buffers, multiples of 16 bytes, in global memory, and then its maps of tensors.
 */
public final class DeviceEmitter implements AutoCloseable {
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
    LLVMTypeRef[] parameters = new LLVMTypeRef[buffers.size() + entry.maps().size()];
    Arrays.fill(parameters, LLVMPointerTypeInContext(ir.context(), 0));
    Arrays.fill(
        parameters, 0, buffers.size(), LLVMPointerTypeInContext(ir.context(), GpuMemory.GLOBAL));
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
    Map<TileMap, LLVMValueRef> maps = new LinkedHashMap<>();
    for (TileMap map : entry.maps()) {
      int parameter = buffers.size() + maps.size();
      declareMap(function, parameter);
      maps.put(map, LLVMGetParam(function, parameter));
    }

    ir.moveTo(ir.newBlock(function, "entry"));
    EmitContext context = new EmitContext(ir, target);
    for (int i = 0; i < buffers.size(); i++) {
      context.place(buffers.get(i), new Storage.Memory(LLVMGetParam(function, i)));
    }
    SharedSpace space = new SharedSpace();
    GpuMemory memory = new GpuMemory(ir, entry.name(), space);
    int warps = Math.ceilDiv(entry.threads(), CudaTarget.WARP);
    ReductionScratch scratch = new ReductionScratch(entry.body(), space, warps);
    TileCopies tiles = new TileCopies(context, maps);
    new StmtEmitter(context, new GpuMachine(memory, scratch, entry, gpu, context, tiles))
        .emit(entry.body());
    ir.giveBack();
    return memory.finish();
  }

  /** The parameter is no pointer but the map itself, which the device reads where it is passed. */
  private void declareMap(LLVMValueRef function, int parameter) {
    LLVMTypeRef type = LLVMArrayType2(ir.types().integer(8), TileMap.BYTES);
    functions.declareByValue(function, parameter, type);
    functions.declareAligned(function, parameter, TileMap.ALIGNMENT);
    try (PointerPointer<LLVMValueRef> list = new PointerPointer<>(1L)) {
      list.put(0, ir.int32(parameter + 1L));
      annotate(function, "grid_constant", LLVMMDNodeInContext(ir.context(), list, 1));
    }
  }

  /** Says how many threads a block has, so that registers are shared out for exactly those. */
  private void requireThreads(LLVMValueRef function, DeviceEntry entry) {
    annotate(function, "reqntidx", entry.extent(ThreadTag.THREAD_X));
    annotate(function, "reqntidy", entry.extent(ThreadTag.THREAD_Y));
    annotate(function, "reqntidz", entry.extent(ThreadTag.THREAD_Z));
    ResidentBlocks.of(entry, gpu).ifPresent(blocks -> annotate(function, "minctasm", blocks));
  }

  private void annotate(LLVMValueRef function, String name, long value) {
    annotate(function, name, ir.int32(value));
  }

  private void annotate(LLVMValueRef function, String name, LLVMValueRef value) {
    LLVMValueRef key = LLVMMDStringInContext(ir.context(), name, name.length());
    try (PointerPointer<LLVMValueRef> parts = new PointerPointer<>(3L)) {
      parts.put(0, function).put(1, key).put(2, value);
      LLVMValueRef node = LLVMMDNodeInContext(ir.context(), parts, 3);
      LLVMAddNamedMetadataOperand(ir.module(), "nvvm.annotations", node);
    }
  }

  @Override
  public void close() {
    ir.close();
  }
}
