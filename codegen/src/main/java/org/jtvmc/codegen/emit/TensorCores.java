package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMAdd;
import static org.bytedeco.llvm.global.LLVM.LLVMAnd;
import static org.bytedeco.llvm.global.LLVM.LLVMBitCast;
import static org.bytedeco.llvm.global.LLVM.LLVMLShr;
import static org.bytedeco.llvm.global.LLVM.LLVMMul;
import static org.bytedeco.llvm.global.LLVM.LLVMSub;
import static org.bytedeco.llvm.global.LLVM.LLVMTypeOf;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.emit.WarpProduct.Operand;
import org.jtvmc.codegen.emit.WarpProduct.Place;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.type.DType;

/**
 * Emits a {@link WarpProduct}: fragments come from shared memory by {@code ldmatrix}, and {@code
 * mma.sync} multiplies them. All threads of the warp must be there.
 */
final class TensorCores {
  /** The first architecture with 16 rows and 32 bytes of the reduction in one instruction. */
  static final int LEAST_ARCH = 80;

  private static final LLVMTypeRef[] NO_TYPES = {};
  private static final int WORDS_OF_LEFT = 4;
  private static final int WORDS_OF_RIGHT = 2;

  private final EmitContext context;
  private final IrBuilder ir;
  private final StmtEmitter statements;
  private final WarpProduct product;
  private final LLVMValueRef lane;

  TensorCores(EmitContext context, StmtEmitter statements, WarpProduct product) {
    this.context = context;
    this.ir = context.ir;
    this.statements = statements;
    this.product = product;
    LLVMValueRef thread = GpuMachine.index(ir, ThreadTag.THREAD_X);
    this.lane = ir.binary(LLVMAnd, thread, ir.int32(CudaTarget.WARP - 1));
  }

  /** True where there is an instruction that multiplies these and adds the products up. */
  static boolean multiply(DType left, DType right, DType sum) {
    boolean floats =
        sum.equals(DType.F32)
            && left.equals(right)
            && List.of(DType.F16, DType.BF16, DType.TF32).contains(left);
    return floats || (sum.equals(DType.I32) && isByte(left) && isByte(right));
  }

  private static boolean isByte(DType dtype) {
    return dtype.equals(DType.I8) || dtype.equals(DType.U8);
  }

  void emit() {
    for (int k = 0; k < product.depth(); k += product.stepDepth()) {
      List<LLVMValueRef[]> left = new ArrayList<>();
      for (int row = 0; row < product.rows().size(); row += 2) {
        left.add(loadLeft(row, k));
      }
      for (int column = 0; column < product.columns().size(); column += 4) {
        boolean two = column + 4 <= product.columns().size();
        LLVMValueRef[] right = loadRight(column, k, two);
        for (int pair = 0; pair < (two ? 2 : 1); pair++) {
          for (int row = 0; row < product.rows().size(); row += 2) {
            LLVMValueRef[] factors = {
              right[pair * WORDS_OF_RIGHT], right[pair * WORDS_OF_RIGHT + 1]
            };
            multiply(left.get(row / 2), factors, row, column + 2 * pair);
          }
        }
      }
    }
  }

  // Loading. Lanes 8 j to 8 j + 7 give the addresses of the rows of matrix j.

  /** Matrices: rows of both groups, first half of the products; then the second half. */
  private LLVMValueRef[] loadLeft(int row, int k) {
    Operand left = product.left();
    long group = distance(product.rows(), row, row + 1);
    LLVMValueRef within = and(lane, 7);
    LLVMValueRef matrix = shiftRight(lane, 3);
    Affine at = product.rows().get(row).plus(k * left.step());
    LLVMValueRef place = begin(left, at, shiftRight(lane, 2));
    if (left.byWords()) {
      LLVMValueRef own = sum(place, shiftRight(lane, 2), times(and(lane, 3), left.step()));
      long half = left.step() * left.unit();
      return loadWords(left, own, at.constant(), 0, group, half, group + half);
    }
    LLVMValueRef half = shiftRight(matrix, 1);
    LLVMValueRef offset =
        left.transposed()
            ? sum(times(within, left.step()), times(half, left.step() * left.unit()))
            : sum(times(within, left.laneStep()), times(half, left.unit()));
    LLVMValueRef own = sum(place, offset, times(and(matrix, 1), group));
    return load(left, own, at.constant(), WORDS_OF_LEFT);
  }

  /** Matrices: the first half of the products, the second; the same of the next eight columns. */
  private LLVMValueRef[] loadRight(int column, int k, boolean two) {
    Operand right = product.right();
    long neighbour = distance(product.columns(), column, column + 1);
    long next = two ? distance(product.columns(), column, column + 2) : 0;
    LLVMValueRef within = and(lane, 7);
    LLVMValueRef matrix = shiftRight(lane, 3);
    Affine at = product.columns().get(column).plus(k * right.step());
    LLVMValueRef place = begin(right, at, and(lane, 3));
    if (right.byWords()) {
      LLVMValueRef own = sum(place, shiftRight(lane, 2), times(and(lane, 3), right.step()));
      long half = right.step() * right.unit();
      return two
          ? loadWords(right, own, at.constant(), 0, half, next, next + half)
          : loadWords(right, own, at.constant(), 0, half);
    }
    LLVMValueRef half = and(matrix, 1);
    LLVMValueRef offset =
        right.transposed()
            ? sum(times(within, right.step()), times(half, right.step() * right.unit()))
            : sum(
                times(shiftRight(within, 1), right.laneStep()),
                times(and(within, 1), neighbour),
                times(half, right.unit()));
    LLVMValueRef other = two ? times(shiftRight(matrix, 1), next) : ir.int32(0);
    LLVMValueRef own = sum(place, offset, other);
    return load(right, own, at.constant(), two ? WORDS_OF_LEFT : WORDS_OF_RIGHT);
  }

  private static long distance(List<Affine> places, int from, int to) {
    return places.get(to).minus(places.get(from)).constant();
  }

  /**
   * The place of a row or column without what moves with the lane, and without its constant: that
   * is part of the instruction.
   */
  private LLVMValueRef begin(Operand operand, Affine place, LLVMValueRef part) {
    LLVMValueRef own = statements.value(place.plus(-place.constant()), DType.I32);
    return ir.binary(LLVMSub, own, times(part, operand.laneStep()));
  }

  private LLVMValueRef base(Operand operand) {
    if (!(context.storageOf(operand.buffer()) instanceof Storage.Memory(LLVMValueRef base))) {
      throw new IllegalStateException("shared memory in registers: " + operand);
    }
    return base;
  }

  /** The elements so far from {@code own + start}, each a word of a fragment. */
  private LLVMValueRef[] loadWords(
      Operand operand, LLVMValueRef own, long start, long... distances) {
    LLVMTypeRef word = ir.types().integer(32);
    LLVMValueRef first = ir.pointer(word, base(operand), own);
    LLVMValueRef[] fragment = new LLVMValueRef[distances.length];
    for (int i = 0; i < distances.length; i++) {
      LLVMValueRef place = ir.pointer(word, first, ir.int32(start + distances[i]));
      fragment[i] = ir.load(word, place, Integer.BYTES);
    }
    return fragment;
  }

  private LLVMValueRef[] load(Operand operand, LLVMValueRef own, long start, int words) {
    LLVMTypeRef element = ir.types().memory(operand.dtype(), 1);
    LLVMValueRef pointer =
        ir.pointer(element, ir.pointer(element, base(operand), own), ir.int32(start));
    String name =
        "llvm.nvvm.ldmatrix.sync.aligned.m8n8.x%d%s.b16"
            .formatted(words, operand.transposed() ? ".trans" : "");
    LLVMValueRef loaded = ir.intrinsic(name, new LLVMTypeRef[] {LLVMTypeOf(pointer)}, pointer);
    LLVMValueRef[] fragment = new LLVMValueRef[words];
    for (int word = 0; word < words; word++) {
      fragment[word] = ir.member(loaded, word);
    }
    return fragment;
  }

  // Multiplying

  private void multiply(LLVMValueRef[] left, LLVMValueRef[] right, int row, int column) {
    Affine[] places = {
      product.results().get(new Place(row, column)),
      product.results().get(new Place(row, column + 1)),
      product.results().get(new Place(row + 1, column)),
      product.results().get(new Place(row + 1, column + 1))
    };
    List<LLVMValueRef> arguments = new ArrayList<>();
    for (LLVMValueRef word : left) {
      arguments.add(factor(word, product.left().dtype()));
    }
    for (LLVMValueRef word : right) {
      arguments.add(factor(word, product.right().dtype()));
    }
    MemoryAccess memory = statements.exprs().memory();
    for (Affine place : places) {
      arguments.add(memory.load(product.accumulator(), place).ref());
    }
    LLVMValueRef sums =
        ir.intrinsic(instruction(), NO_TYPES, arguments.toArray(new LLVMValueRef[0]));
    DType dtype = product.accumulator().dtype();
    for (int i = 0; i < places.length; i++) {
      memory.store(product.accumulator(), places[i], new Value(ir.member(sums, i), dtype, 1));
    }
  }

  /** Halves are passed as vectors of two, everything else as words. */
  private LLVMValueRef factor(LLVMValueRef word, DType dtype) {
    return dtype.equals(DType.F16)
        ? ir.convert(LLVMBitCast, word, ir.types().memory(dtype, 2))
        : word;
  }

  private String instruction() {
    DType left = product.left().dtype();
    DType right = product.right().dtype();
    if (left.equals(DType.F16)) {
      return "llvm.nvvm.mma.m16n8k16.row.col.f32.f32";
    }
    if (left.equals(DType.BF16)) {
      return "llvm.nvvm.mma.m16n8k16.row.col.bf16";
    }
    if (left.equals(DType.TF32)) {
      return "llvm.nvvm.mma.m16n8k8.row.col.tf32";
    }
    String types = left.equals(right) ? suffix(left) : suffix(left) + suffix(right);
    return "llvm.nvvm.mma.m16n8k32.row.col" + types;
  }

  private static String suffix(DType dtype) {
    return dtype.equals(DType.U8) ? ".u8" : ".s8";
  }

  // Arithmetic on int32, as much as places in shared memory need

  private LLVMValueRef and(LLVMValueRef value, long mask) {
    return ir.binary(LLVMAnd, value, ir.int32(mask));
  }

  private LLVMValueRef shiftRight(LLVMValueRef value, long bits) {
    return ir.binary(LLVMLShr, value, ir.int32(bits));
  }

  private LLVMValueRef times(LLVMValueRef value, long factor) {
    return ir.binary(LLVMMul, value, ir.int32(factor));
  }

  private LLVMValueRef sum(LLVMValueRef... parts) {
    LLVMValueRef sum = parts[0];
    for (int i = 1; i < parts.length; i++) {
      sum = ir.binary(LLVMAdd, sum, parts[i]);
    }
    return sum;
  }
}
