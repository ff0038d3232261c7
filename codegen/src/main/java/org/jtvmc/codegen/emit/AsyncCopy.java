package org.jtvmc.codegen.emit;

import java.util.Optional;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.type.DType;

/**
 * Emits {@code cp.async}: copies of 4, 8 or 16 bytes from global to shared memory that go on while
 * the thread does other things. Where a condition does not hold, nothing is read and zeros are
 * written: the instruction then takes 0 bytes of the source. Copies of 16 bytes leave the first
 * cache out, others cannot (PTX ISA, "cp.async").
 */
final class AsyncCopy {
  private static final LLVMTypeRef[] NO_TYPES = {};
  private static final int LEAST_BYTES = 4;

  private final EmitContext context;
  private final ExprEmitter exprs;
  private final IrBuilder ir;

  AsyncCopy(EmitContext context, ExprEmitter exprs) {
    this.context = context;
    this.exprs = exprs;
    this.ir = context.ir;
  }

  /** Emits the store; false, and nothing, where it has to be an ordinary one. */
  boolean emit(Stmt.Store store) {
    Optional<PrimExpr> condition = Optional.empty();
    PrimExpr value = store.value();
    if (value instanceof Select select) {
      condition = Optional.of(select.condition());
      value = select.whenTrue();
    }
    if (!(value instanceof Load source)
        || !context.mask().isFull()
        || !(context.storageOf(source.buffer()) instanceof Storage.Memory(LLVMValueRef from))
        || !(context.storageOf(store.buffer()) instanceof Storage.Memory(LLVMValueRef to))) {
      return false;
    }
    Affine target = context.indices.offset(store.buffer(), store.indices());
    Affine origin = context.indices.offset(source.buffer(), source.indices());
    int lanes = context.environment.lanes();
    boolean sideBySide = lanes == 1 || (target.lane() == 1 && origin.lane() == 1);
    int bytes = source.dtype().bytes();
    int unit = sideBySide ? unit(source.dtype(), lanes, target, origin) : bytes;
    if (target.isVarying() || origin.isVarying() || unit < LEAST_BYTES) {
      return false;
    }
    Optional<Boolean> known = condition.flatMap(context.indices::known);
    Value holds =
        condition.isEmpty() || known.equals(Optional.of(true))
            ? null
            : exprs.condition(condition.get());
    int elements = Math.max(1, unit / bytes);
    if (holds != null && !holds.isScalar() && elements > 1) {
      return false;
    }
    LLVMTypeRef element = ir.types().memory(source.dtype(), 1);
    IndexEmitter indices = exprs.indexEmitter();
    for (int first = 0; first < lanes; first += elements) {
      LLVMValueRef here = indices.address(element, to, ofLane(target, first));
      LLVMValueRef there = indices.address(element, from, ofLane(origin, first));
      copy(unit, here, there, holds, first);
    }
    return true;
  }

  private static Affine ofLane(Affine place, int lane) {
    return place.atFirstLane().plus(place.lane() * lane);
  }

  /** The bytes of the largest copies of which those of all lanes can consist. */
  private int unit(DType dtype, int lanes, Affine target, Affine origin) {
    return Math.min(
        Integer.lowestOneBit(lanes * dtype.bytes()),
        Math.min(
            context.alignment(dtype, target.atFirstLane()),
            context.alignment(dtype, origin.atFirstLane())));
  }

  private void copy(int bytes, LLVMValueRef to, LLVMValueRef from, Value holds, int lane) {
    String name =
        "llvm.nvvm.cp.async.%s.shared.global.%d".formatted(bytes == 16 ? "cg" : "ca", bytes);
    if (holds == null) {
      ir.intrinsic(name, NO_TYPES, to, from);
      return;
    }
    LLVMValueRef own = holds.isScalar() ? holds.ref() : ir.extract(holds.ref(), lane);
    LLVMValueRef read = ir.select(own, ir.int32(bytes), ir.int32(0));
    ir.intrinsic(name + ".s", NO_TYPES, to, from, read);
  }
}
