package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMDoubleTypeInContext;
import static org.bytedeco.llvm.global.LLVM.LLVMFloatTypeInContext;
import static org.bytedeco.llvm.global.LLVM.LLVMHalfTypeInContext;
import static org.bytedeco.llvm.global.LLVM.LLVMIntTypeInContext;
import static org.bytedeco.llvm.global.LLVM.LLVMPointerTypeInContext;
import static org.bytedeco.llvm.global.LLVM.LLVMStructTypeInContext;
import static org.bytedeco.llvm.global.LLVM.LLVMVectorType;
import static org.bytedeco.llvm.global.LLVM.LLVMVoidTypeInContext;

import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.llvm.LLVM.LLVMContextRef;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.jtvmc.ir.type.DType;

/** The LLVM types of one context. */
public final class IrTypes {
  private final LLVMContextRef context;

  public IrTypes(LLVMContextRef context) {
    this.context = context;
  }

  /** The type a value has in a register: see {@link Value}. */
  public LLVMTypeRef register(DType dtype, int lanes) {
    LLVMTypeRef element =
        switch (dtype.kind()) {
          case BOOL -> integer(1);
          case INT, UINT, STRING -> integer(Math.max(8, dtype.bits()));
          case FLOAT8_E4M3FN,
              FLOAT8_E4M3FNUZ,
              FLOAT8_E5M2,
              FLOAT8_E5M2FNUZ,
              FLOAT8_E8M0FNU,
              FLOAT4_E2M1FN ->
              integer(8);
          case BFLOAT, TFLOAT -> LLVMFloatTypeInContext(context);
          case FLOAT ->
              dtype.bits() == 64
                  ? LLVMDoubleTypeInContext(context)
                  : LLVMFloatTypeInContext(context);
        };
    return vector(element, lanes);
  }

  /** The type a value has in memory: a bool is a byte, a bfloat16 its 16 bits. */
  public LLVMTypeRef memory(DType dtype, int lanes) {
    return switch (dtype.kind()) {
      case BOOL -> vector(integer(8), lanes);
      case BFLOAT -> vector(integer(16), lanes);
      case FLOAT ->
          dtype.bits() == 16
              ? vector(LLVMHalfTypeInContext(context), lanes)
              : register(dtype, lanes);
      case INT,
          UINT,
          FLOAT8_E4M3FN,
          FLOAT8_E4M3FNUZ,
          FLOAT8_E5M2,
          FLOAT8_E5M2FNUZ,
          FLOAT8_E8M0FNU,
          FLOAT4_E2M1FN,
          TFLOAT,
          STRING ->
          register(dtype, lanes);
    };
  }

  /** A structure of {@code count} members of one type. */
  LLVMTypeRef struct(LLVMTypeRef member, int count) {
    try (PointerPointer<LLVMTypeRef> members = new PointerPointer<>(count)) {
      for (int i = 0; i < count; i++) {
        members.put(i, member);
      }
      return LLVMStructTypeInContext(context, members, count, 0);
    }
  }

  /** The bits that one value takes in a register. */
  public static int registerBits(DType dtype) {
    return switch (dtype.kind()) {
      case BOOL,
          FLOAT8_E4M3FN,
          FLOAT8_E4M3FNUZ,
          FLOAT8_E5M2,
          FLOAT8_E5M2FNUZ,
          FLOAT8_E8M0FNU,
          FLOAT4_E2M1FN ->
          8;
      case INT, UINT, STRING -> Math.max(8, dtype.bits());
      case BFLOAT, TFLOAT, FLOAT -> Math.max(32, dtype.bits());
    };
  }

  public LLVMTypeRef vector(LLVMTypeRef element, int lanes) {
    return lanes == 1 ? element : LLVMVectorType(element, lanes);
  }

  public LLVMTypeRef integer(int bits) {
    return LLVMIntTypeInContext(context, bits);
  }

  public LLVMTypeRef pointer() {
    return LLVMPointerTypeInContext(context, 0);
  }

  public LLVMTypeRef nothing() {
    return LLVMVoidTypeInContext(context);
  }
}
