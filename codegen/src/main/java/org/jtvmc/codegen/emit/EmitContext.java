package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.type.DType;

/** What all emitters of one LLVM function share. */
final class EmitContext {
  final IrBuilder ir;
  final InstructionSet target;
  final Environment environment = new Environment();
  final IndexAnalysis indices = new IndexAnalysis(environment);
  final Arithmetic arithmetic;
  final Conversions conversions;
  final VectorPlan vectors;
  final StackArrays stack = new StackArrays();
  final TileConfiguration tiles;

  /** The thread pool that was given to the kernel. */
  final LLVMValueRef pool;

  private final Map<Buffer, Storage> storage = new IdentityHashMap<>();

  /** Those of them that are registers, in the order in which they were placed. */
  private final List<SlotTable> registers = new ArrayList<>();

  private int loops;
  private Mask mask = Mask.SCALAR;
  private int branches;

  EmitContext(IrBuilder ir, InstructionSet target) {
    this(ir, target, null, false);
  }

  /**
   * @param pool the thread pool; null where no loop of the function goes to it
   * @param callsOthers true where the function calls others of generated code
   */
  EmitContext(IrBuilder ir, InstructionSet target, LLVMValueRef pool, boolean callsOthers) {
    this.ir = ir;
    this.target = target;
    this.pool = pool;
    this.arithmetic = new Arithmetic(ir, target);
    this.conversions = new Conversions(ir, target);
    this.vectors = new VectorPlan(target);
    this.tiles = new TileConfiguration(ir, callsOthers);
  }

  Mask mask() {
    return mask;
  }

  /** Sets the mask; the result restores the one before. */
  Environment.Scope masked(Mask other) {
    Mask before = mask;
    mask = other;
    return () -> mask = before;
  }

  /** Adds a condition to the mask. */
  Environment.Scope guarded(Value condition) {
    Value guard = mask.guard();
    Value both = guard == null ? condition : arithmetic.binary(BinaryOp.AND, guard, condition);
    return masked(mask.withGuard(both));
  }

  /** Says that what is emitted runs under a condition, until the result is closed. */
  Environment.Scope branched() {
    branches++;
    return () -> branches--;
  }

  /** True where some threads may have gone another way. */
  boolean isBranched() {
    return branches > 0;
  }

  /** Says that what is emitted is run again and again, until the result is closed. */
  Environment.Scope repeated() {
    loops++;
    return () -> loops--;
  }

  /**
   * Has what was computed in registers be there at this place of straight code. LLVM moves
   * arithmetic into the branch that uses its result, past barriers and copies: then operands of all
   * of it wait in registers, which are more than there are. In a loop it stays where it is.
   */
  void keepComputed() {
    if (loops == 0) {
      registers.forEach(slots -> slots.keepComputed(ir));
    }
  }

  /** The mask as a vector of bools. */
  Value aliveLanes() {
    Value guard = mask.guard() == null ? null : ir.splat(mask.guard(), mask.lanes());
    if (guard != null && mask.count() == mask.lanes()) {
      return guard;
    }
    long[] alive = new long[mask.lanes()];
    for (int lane = 0; lane < mask.count(); lane++) {
      alive[lane] = 1;
    }
    LLVMValueRef bits = ir.vectorOf(ir.types().integer(1), alive);
    Value exists = new Value(bits, DType.BOOL, mask.lanes());
    return guard == null ? exists : arithmetic.binary(BinaryOp.AND, exists, guard);
  }

  /**
   * What the address of the element at {@code offset} of a buffer is a multiple of. A CPU reads
   * vectors from any address; a GPU only from whole ones.
   */
  int alignment(DType dtype, Affine offset) {
    return target.isGpu() ? GpuMemory.alignment(dtype, offset) : dtype.bytes();
  }

  Storage storageOf(Buffer buffer) {
    Storage found = storage.get(buffer);
    if (found == null) {
      throw new CodegenException("buffer " + buffer + " is used where it is not allocated");
    }
    return found;
  }

  void place(Buffer buffer, Storage where) {
    storage.put(buffer, where);
    if (where instanceof Storage.Registers(SlotTable slots)) {
      registers.add(slots);
    }
  }

  void forget(Buffer buffer) {
    if (storage.remove(buffer) instanceof Storage.Registers(SlotTable slots)) {
      registers.removeIf(each -> each == slots);
    }
  }
}
