package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.llvm.LLVM.LLVMBasicBlockRef;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;

/**
 * Emits parallel loops. The body becomes a function of its own; what it uses from around it goes
 * there through a closure on the caller's stack:
 *
 * <pre>
 *   closure = {a, b, c, i}
 *   status = jtvmc_parallel_for(pool, k.parallel, closure, extent)
 *   if (status != 0) return status
 * </pre>
 *
 * A loop inside another runs serially.
 */
final class ParallelEmitter {
  private static final String RUNTIME = "jtvmc_parallel_for";

  private final FunctionBuilder functions;
  private final String kernel;
  private final Machine machine;
  private int count;
  private boolean inside;

  /**
   * @param machine carries out what is inside a loop
   */
  ParallelEmitter(FunctionBuilder functions, String kernel, Machine machine) {
    this.functions = functions;
    this.kernel = kernel;
    this.machine = machine;
  }

  /** True where a parallel loop would be run by several threads. */
  boolean isOutermost() {
    return !inside;
  }

  /**
   * @param min the first value of the loop's variable
   * @param extent the number of iterations
   */
  void emit(
      Stmt.For loop, LoopShape shape, EmitContext context, LLVMValueRef min, LLVMValueRef extent) {
    IrBuilder ir = context.ir;
    Captured captured = Captured.by(loop, context);
    LLVMBasicBlockRef caller = ir.currentBlock();
    LLVMValueRef body = emitBody(loop, shape, context, captured);
    ir.moveTo(caller);

    List<LLVMValueRef> values = captured.values();
    values.add(min);
    LLVMValueRef closure = closure(ir, values);
    LLVMTypeRef pointer = ir.types().pointer();
    LLVMTypeRef type =
        functions.type(ir.types().integer(32), pointer, pointer, pointer, ir.types().integer(64));
    LLVMValueRef runtime = functions.external(RUNTIME, type);
    LLVMValueRef status = ir.call(type, runtime, context.pool, body, closure, extent);
    LLVMBasicBlockRef failed = ir.newBlock("failed");
    LLVMBasicBlockRef done = ir.newBlock("done");
    LLVMValueRef good = ir.compareInts(LLVMIntEQ, status, ir.int32(0));
    ir.branch(good, done, failed);
    ir.moveTo(failed);
    ir.giveBack(status);
    ir.moveTo(done);
  }

  private static LLVMValueRef closure(IrBuilder ir, List<LLVMValueRef> values) {
    LLVMTypeRef word = ir.types().integer(64);
    LLVMValueRef closure = ir.entryAlloca(LLVMArrayType2(word, values.size()), "closure");
    for (int i = 0; i < values.size(); i++) {
      ir.store(values.get(i), ir.pointer(word, closure, ir.int64(i)), Long.BYTES);
    }
    return closure;
  }

  /** The function {@code (closure, begin, end)} that the runtime calls. */
  private LLVMValueRef emitBody(
      Stmt.For loop, LoopShape shape, EmitContext outer, Captured captured) {
    IrBuilder ir = outer.ir;
    String name = kernel + ".parallel" + (count == 0 ? "" : "." + count);
    count++;
    LLVMTypeRef pointer = ir.types().pointer();
    LLVMTypeRef word = ir.types().integer(64);

    List<LLVMTypeRef> parameters = new ArrayList<>();
    captured.values().forEach(value -> parameters.add(LLVMTypeOf(value)));
    parameters.add(word); // the loop's first index
    parameters.add(word); // begin
    parameters.add(word); // end
    LLVMTypeRef bodyType =
        functions.type(ir.types().nothing(), parameters.toArray(LLVMTypeRef[]::new));
    LLVMValueRef body = functions.internal(name + ".body", bodyType);
    functions.declareDistinct(body, captured.buffers().size());
    emitLoop(loop, shape, outer, captured, body);

    LLVMTypeRef entryType = functions.type(ir.types().integer(32), pointer, word, word);
    LLVMValueRef entry = functions.internal(name, entryType);
    ir.moveTo(ir.newBlock(entry, "entry"));
    LLVMValueRef closure = LLVMGetParam(entry, 0);
    List<LLVMValueRef> arguments = new ArrayList<>();
    for (int i = 0; i < parameters.size() - 2; i++) {
      LLVMValueRef at = ir.pointer(word, closure, ir.int64(i));
      arguments.add(ir.load(parameters.get(i), at, Long.BYTES));
    }
    arguments.add(LLVMGetParam(entry, 1));
    arguments.add(LLVMGetParam(entry, 2));
    ir.call(bodyType, body, arguments.toArray(LLVMValueRef[]::new));
    ir.giveBack(ir.int32(0));
    return entry;
  }

  private void emitLoop(
      Stmt.For loop, LoopShape shape, EmitContext outer, Captured captured, LLVMValueRef body) {
    IrBuilder ir = outer.ir;
    ir.moveTo(ir.newBlock(body, "entry"));
    EmitContext inner = new EmitContext(ir, outer.target);
    int parameter = captured.bind(inner, body, outer);
    LLVMValueRef min = LLVMGetParam(body, parameter);
    LLVMValueRef begin = ir.binary(LLVMAdd, min, LLVMGetParam(body, parameter + 1));
    LLVMValueRef end = ir.binary(LLVMAdd, min, LLVMGetParam(body, parameter + 2));
    inside = true;
    // A thread's share may be empty.
    new StmtEmitter(inner, machine).emitCounted(loop, begin, end, shape.range(), false);
    inside = false;
    inner.tiles.end();
    ir.giveBack();
  }

  /** What a loop's body uses of the function around it. */
  private record Captured(
      Map<Buffer, LLVMValueRef> buffers, Map<PrimVar, Environment.Binding.Scalar> scalars) {

    static Captured by(Stmt.For loop, EmitContext context) {
      Set<Buffer> own = new LinkedHashSet<>();
      Set<Buffer> used = new LinkedHashSet<>();
      Stmts.forEach(
          loop,
          stmt -> {
            if (stmt instanceof Stmt.Allocate allocate) {
              own.add(allocate.buffer());
            } else if (stmt instanceof Stmt.Store store) {
              used.add(store.buffer());
            }
          });
      Stmts.forEachExpr(
          loop,
          expr -> {
            if (expr instanceof Load load) {
              used.add(load.buffer());
            }
          });
      used.removeAll(own);
      Map<Buffer, LLVMValueRef> buffers = new LinkedHashMap<>();
      for (Buffer buffer : used) {
        switch (context.storageOf(buffer)) {
          case Storage.Memory(LLVMValueRef base) -> buffers.put(buffer, base);
          case Storage.Registers _ ->
              throw new IllegalStateException("registers are shared by threads: " + buffer);
        }
      }
      Map<PrimVar, Environment.Binding.Scalar> scalars = new LinkedHashMap<>();
      context
          .environment
          .bindings()
          .forEach(
              (variable, binding) -> {
                if (binding instanceof Environment.Binding.Scalar scalar) {
                  scalars.put(variable, scalar);
                }
              });
      return new Captured(buffers, scalars);
    }

    List<LLVMValueRef> values() {
      List<LLVMValueRef> values = new ArrayList<>(buffers.values());
      scalars.values().forEach(scalar -> values.add(scalar.value()));
      return values;
    }

    /** Binds all to the parameters of {@code body}; the number of the next parameter. */
    int bind(EmitContext inner, LLVMValueRef body, EmitContext outer) {
      int next = 0;
      for (Buffer buffer : buffers.keySet()) {
        inner.place(buffer, new Storage.Memory(LLVMGetParam(body, next++)));
      }
      for (Map.Entry<PrimVar, Environment.Binding.Scalar> entry : scalars.entrySet()) {
        inner.environment.bindScalar(
            entry.getKey(), LLVMGetParam(body, next++), entry.getValue().range());
      }
      outer
          .environment
          .bindings()
          .forEach(
              (variable, binding) -> {
                if (binding instanceof Environment.Binding.Alias) {
                  inner.environment.bind(variable, binding);
                }
              });
      return next;
    }
  }
}
