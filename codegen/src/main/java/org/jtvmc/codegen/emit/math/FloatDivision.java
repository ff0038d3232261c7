package org.jtvmc.codegen.emit.math;

import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.emit.InstructionSet;
import org.jtvmc.codegen.emit.IrBuilder;
import org.jtvmc.codegen.emit.Value;
import org.jtvmc.ir.type.DType;

/** Divisions of floats that leave a remainder: exact while the quotient fits the mantissa. */
public final class FloatDivision {
  private final IrBuilder ir;
  private final InstructionSet target;

  public FloatDivision(IrBuilder ir, InstructionSet target) {
    this.ir = ir;
    this.target = target;
  }

  /** The largest integer that is not above the quotient. */
  public LLVMValueRef floorDivide(Value left, Value right) {
    FloatLanes f = lanes(left);
    return f.floor(f.div(left.ref(), right.ref()));
  }

  /** What {@link #floorDivide} leaves; it has the divisor's sign. */
  public LLVMValueRef floorModulo(Value left, Value right) {
    FloatLanes f = lanes(left);
    LLVMValueRef rest = remainder(left, right);
    LLVMValueRef zero = f.of(0);
    LLVMValueRef wrong = f.less(f.mul(rest, f.copySign(f.of(1), right.ref())), zero);
    return f.select(wrong, f.add(rest, right.ref()), rest);
  }

  /** C's fmod: it has the dividend's sign. */
  public LLVMValueRef remainder(Value left, Value right) {
    FloatLanes f = lanes(left);
    LLVMValueRef a = f.abs(left.ref());
    LLVMValueRef b = f.abs(right.ref());
    LLVMValueRef zero = f.of(0);
    LLVMValueRef quotient = f.trunc(f.div(a, b));
    LLVMValueRef rest = f.fma(f.negate(quotient), b, a);
    // A quotient that was rounded up to the next integer leaves less than nothing.
    LLVMValueRef raised = f.select(f.less(rest, zero), f.add(rest, b), rest);
    LLVMValueRef infinity = f.of(Double.POSITIVE_INFINITY);
    LLVMValueRef whole = f.and(f.less(a, infinity), f.equal(b, infinity));
    return f.copySign(f.select(whole, a, raised), left.ref());
  }

  private FloatLanes lanes(Value value) {
    DType dtype = value.dtype().bits() == 64 ? DType.F64 : DType.F32;
    return new FloatLanes(ir, target, dtype, value.lanes());
  }
}
