package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.type.DType;

/**
 * The elements of a row in vectors one behind the other, of which any that are side by side can be
 * taken: each is loaded once, when it is first asked for, and what lies between two of them is
 * shuffled.
 */
final class RowVectors {
  private final IrBuilder ir;
  private final DType dtype;
  private final LLVMValueRef start;
  private final LLVMValueRef guard;
  private final int lanes;
  private final BitSet inside;
  private final Map<Integer, LLVMValueRef> loaded = new HashMap<>();
  private final Map<Integer, LLVMValueRef> shifted = new HashMap<>();

  /**
   * @param start the address of element 0
   * @param guard whether the row may be read; null where it always may
   * @param lanes of a vector
   * @param inside the elements that may be read; in the place of others there is zero
   */
  RowVectors(
      IrBuilder ir, DType dtype, LLVMValueRef start, LLVMValueRef guard, int lanes, BitSet inside) {
    this.ir = ir;
    this.dtype = dtype;
    this.start = start;
    this.guard = guard;
    this.lanes = lanes;
    this.inside = inside;
  }

  /** Elements {@code [first, first + count)}. */
  Value from(int first, int count) {
    LLVMValueRef whole =
        shifted.computeIfAbsent(
            first,
            _ -> {
              int part = Math.floorDiv(first, lanes);
              int at = first - part * lanes;
              LLVMValueRef low = vector(part);
              return at == 0 ? low : ir.align(at + count > lanes ? vector(part + 1) : low, low, at);
            });
    int[] lowest = IntStream.range(0, count).toArray();
    LLVMValueRef value = count == lanes ? whole : ir.shuffle(whole, ir.poison(type()), lowest);
    return new Value(value, dtype, count);
  }

  /** True where an element of a row, which begins at 0, is in the set. */
  static boolean isIn(BitSet set, int element) {
    return element >= 0 && set.get(element);
  }

  private LLVMTypeRef type() {
    return ir.types().vector(ir.types().memory(dtype, 1), lanes);
  }

  private LLVMValueRef vector(int part) {
    LLVMValueRef known = loaded.get(part);
    if (known != null) {
      return known;
    }
    long[] alive = new long[lanes];
    int count = 0;
    for (int lane = 0; lane < lanes; lane++) {
      int element = part * lanes + lane;
      alive[lane] = isIn(inside, element) ? 1 : 0;
      count += (int) alive[lane];
    }
    LLVMValueRef vector = LLVMConstNull(type());
    if (count > 0) {
      LLVMTypeRef element = ir.types().memory(dtype, 1);
      LLVMValueRef pointer = ir.pointer(element, start, ir.int64((long) part * lanes));
      if (guard != null) {
        pointer = ir.select(guard, pointer, ZeroPage.in(ir));
      }
      vector =
          count == lanes
              ? ir.load(type(), pointer, dtype.bytes())
              : ir.intrinsic(
                  "llvm.masked.load",
                  new LLVMTypeRef[] {type(), LLVMTypeOf(pointer)},
                  pointer,
                  ir.int32(dtype.bytes()),
                  ir.vectorOf(ir.types().integer(1), alive),
                  LLVMConstNull(type()));
    }
    loaded.put(part, vector);
    return vector;
  }
}
