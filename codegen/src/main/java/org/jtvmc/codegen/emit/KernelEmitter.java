package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.llvm.LLVM.LLVMContextRef;
import org.bytedeco.llvm.LLVM.LLVMModuleRef;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.type.Dim;

/**
 * Emits kernels into an LLVM module.
 *
 * <p>A kernel is {@code int32_t name(void** buffers, jtvmc_pool* pool)}. {@code buffers} holds the
 * data of the inputs, then of the outputs; then, where the function has sizes, a pointer to them as
 * {@code int64_t}; then, where it needs one, a pointer to its workspace (64-byte aligned).
 */
public final class KernelEmitter implements AutoCloseable {
  private final IrBuilder ir;
  private final InstructionSet target;
  private final FunctionBuilder functions;

  public KernelEmitter(LLVMContextRef context, LLVMModuleRef module, CpuTarget target) {
    this.ir = new IrBuilder(context, module);
    this.target = InstructionSet.of(target);
    this.functions = new FunctionBuilder(ir, this.target);
  }

  /**
   * Emits one kernel, on which the passes have run.
   *
   * @return the bytes of workspace that it needs, in terms of the function's sizes; 0 for none, and
   *     then it takes none
   * @throws CodegenException where the function cannot be emitted for the target
   */
  public Dim emit(PrimFunc function) {
    LLVMTypeRef pointer = ir.types().pointer();
    LLVMTypeRef status = ir.types().integer(32);
    List<Buffer> buffers = new ArrayList<>(function.inputs());
    buffers.addAll(function.outputs());

    // (pointers to the data..., sizes, workspace, pool)
    int pointers = buffers.size() + 3;
    LLVMTypeRef[] parameters = new LLVMTypeRef[pointers];
    Arrays.fill(parameters, pointer);
    LLVMTypeRef bodyType = functions.type(status, parameters);
    LLVMValueRef body = functions.internal(function.name() + ".body", bodyType);
    functions.declareDistinct(body, buffers.size());
    Dim workspace = emitBody(function, buffers, body);

    LLVMValueRef kernel =
        functions.exported(function.name(), functions.type(status, pointer, pointer));
    ir.moveTo(ir.newBlock(kernel, "entry"));
    LLVMValueRef[] arguments = new LLVMValueRef[pointers];
    int used = buffers.size();
    for (int i = 0; i < used; i++) {
      arguments[i] = argument(kernel, i);
    }
    LLVMValueRef none = LLVMConstNull(pointer);
    arguments[buffers.size()] = function.sizes().isEmpty() ? none : argument(kernel, used++);
    arguments[buffers.size() + 1] = workspace.equals(Dim.of(0)) ? none : argument(kernel, used);
    arguments[buffers.size() + 2] = LLVMGetParam(kernel, 1);
    ir.giveBack(ir.call(bodyType, body, arguments));
    return workspace;
  }

  private LLVMValueRef argument(LLVMValueRef kernel, int index) {
    LLVMTypeRef pointer = ir.types().pointer();
    LLVMValueRef place = ir.pointer(pointer, LLVMGetParam(kernel, 0), ir.int64(index));
    return ir.load(pointer, place, Long.BYTES);
  }

  private Dim emitBody(PrimFunc function, List<Buffer> buffers, LLVMValueRef body) {
    ir.moveTo(ir.newBlock(body, "entry"));
    int next = buffers.size();
    LLVMValueRef sizes = LLVMGetParam(body, next);
    LocalMemory memory = new LocalMemory(LLVMGetParam(body, next + 1));
    boolean[] threaded = {false};
    Stmts.forEach(
        function.body(),
        stmt -> threaded[0] |= stmt instanceof Stmt.For loop && loop.kind() == ForKind.PARALLEL);
    EmitContext context = new EmitContext(ir, target, LLVMGetParam(body, next + 2), threaded[0]);
    for (int i = 0; i < buffers.size(); i++) {
      context.place(buffers.get(i), new Storage.Memory(LLVMGetParam(body, i)));
    }
    LLVMTypeRef word = ir.types().integer(64);
    for (int i = 0; i < function.sizes().size(); i++) {
      PrimVar size = function.sizes().get(i);
      LLVMValueRef value = ir.load(word, ir.pointer(word, sizes, ir.int64(i)), Long.BYTES);
      Range range =
          size.symbol()
              .map(symbol -> new Range(symbol.least(), symbol.most()))
              .orElse(new Range(0, Long.MAX_VALUE));
      context.environment.bindScalar(size, value, range);
    }
    Machine machine = new CpuMachine(functions, function.name(), memory);
    new StmtEmitter(context, machine).emit(function.body());
    context.tiles.end();
    ir.giveBack(ir.int32(0));
    return memory.workspace();
  }

  @Override
  public void close() {
    ir.close();
  }
}
