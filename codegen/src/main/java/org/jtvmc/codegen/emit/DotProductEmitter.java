package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMBitCast;

import java.util.List;
import java.util.Optional;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.bytedeco.llvm.global.LLVM;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.type.DType;

/** Emits dot products of narrow numbers with x86's instructions for them. */
final class DotProductEmitter {
  private final EmitContext context;
  private final ExprEmitter expressions;

  DotProductEmitter(EmitContext context, ExprEmitter expressions) {
    this.context = context;
    this.expressions = expressions;
  }

  /**
   * One instruction; empty where the target has none for so many lanes, or the operands do not lie
   * as it reads them: for each lane 32 bits of its own next to the neighbour's, or the same for
   * all.
   */
  Optional<Value> emit(DotProduct dot) {
    int lanes = context.environment.lanes();
    Optional<String> intrinsic = intrinsic(dot, 32 * lanes);
    if (intrinsic.isEmpty()
        || !context.mask().isFull()
        || !isReadable(dot.left())
        || !isReadable(dot.right())) {
      return Optional.empty();
    }
    Value sum = context.ir.splat(expressions.emit(dot.accumulator()), lanes);
    LLVMValueRef result =
        context.ir.intrinsic(
            intrinsic.get(),
            new LLVMTypeRef[0],
            sum.ref(),
            operand(dot.left(), lanes),
            operand(dot.right(), lanes));
    return Optional.of(new Value(result, sum.dtype(), lanes));
  }

  private Optional<String> intrinsic(DotProduct dot, int bits) {
    DType narrow = dot.left().getFirst().dtype();
    DType other = dot.right().getFirst().dtype();
    boolean exists = narrow.isFloat() || (narrow.equals(DType.U8) && other.equals(DType.I8));
    if (!exists || !context.target.isX86() || (bits != 128 && bits != 256 && bits != 512)) {
      return Optional.empty();
    }
    boolean bfloat = narrow.equals(DType.BF16);
    String base = bfloat ? "llvm.x86.avx512bf16.dpbf16ps." : "llvm.x86.avx512.vpdpbusd.";
    return has(bfloat ? "avx512bf16" : "avx512vnni", bits) || (!bfloat && hasShort(bits))
        ? Optional.of(base + bits)
        : Optional.empty();
  }

  private boolean has(String feature, int bits) {
    var features = context.target.features();
    return features.contains(feature) && (bits == 512 || features.contains("avx512vl"));
  }

  private boolean hasShort(int bits) {
    return bits <= 256 && context.target.features().contains("avxvnni");
  }

  private boolean isReadable(List<Load> loads) {
    Affine first = offset(loads.getFirst());
    boolean neighbours = true;
    for (int i = 1; i < loads.size(); i++) {
      Affine distance = offset(loads.get(i)).minus(first);
      neighbours &= distance.isConstant() && distance.constant() == i;
    }
    return neighbours
        && !first.isVarying()
        && (first.lane() == 0 || first.lane() == loads.size())
        && context.storageOf(loads.getFirst().buffer()) instanceof Storage.Memory;
  }

  private Affine offset(Load load) {
    return context.indices.offset(load.buffer(), load.indices());
  }

  /** 32 bits for each lane, as the instruction's type has them. */
  private LLVMValueRef operand(List<Load> loads, int lanes) {
    IrBuilder ir = context.ir;
    DType dtype = loads.getFirst().dtype();
    Affine offset = offset(loads.getFirst());
    LLVMValueRef base = ((Storage.Memory) context.storageOf(loads.getFirst().buffer())).base();
    LLVMValueRef pointer =
        expressions.indexEmitter().address(ir.types().memory(dtype, 1), base, offset.atFirstLane());
    LLVMTypeRef word = ir.types().integer(32);
    LLVMTypeRef words = ir.types().vector(word, lanes);
    LLVMValueRef value =
        offset.lane() == 0
            ? ir.splat(ir.load(word, pointer, dtype.bytes()), lanes)
            : ir.load(words, pointer, dtype.bytes());
    if (!dtype.equals(DType.BF16)) {
      return value;
    }
    LLVMTypeRef bfloats = ir.types().vector(LLVM.LLVMBFloatTypeInContext(ir.context()), 2 * lanes);
    return ir.convert(LLVMBitCast, value, bfloats);
  }
}
