package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMAdd;
import static org.bytedeco.llvm.global.LLVM.LLVMAnd;
import static org.bytedeco.llvm.global.LLVM.LLVMLShr;
import static org.bytedeco.llvm.global.LLVM.LLVMMul;
import static org.bytedeco.llvm.global.LLVM.LLVMOr;
import static org.bytedeco.llvm.global.LLVM.LLVMPtrToInt;
import static org.bytedeco.llvm.global.LLVM.LLVMZExt;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.emit.WarpgroupProduct.Operand;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.type.DType;

/**
 * Emits {@link WarpgroupProduct}s: {@code wgmma.mma_async}, whose factors stay in shared memory,
 * and what orders it with the rest (PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions").
 * All threads of the block must be there.
 *
 * <p>LLVM knows the sums only as values. What waits for the last products takes them all and gives
 * them back, so that nothing that reads them comes before it.
 */
final class WarpgroupCores {
  private static final int ADDRESS_BITS = 0x3FFFF;
  private static final int ADDRESS_SHIFT = 4;
  private static final int LEADING_SHIFT = 16;
  private static final int STRIDE_SHIFT = 32;

  /** In a descriptor: 128-byte swizzling. */
  private static final long SWIZZLED = 1L << 62;

  private final EmitContext context;
  private final IrBuilder ir;

  /** What was multiplied and not waited for. */
  private final List<WarpgroupProduct> running = new ArrayList<>();

  private boolean open;

  WarpgroupCores(EmitContext context) {
    this.context = context;
    this.ir = context.ir;
  }

  /** What follows belongs to one group, until {@link #commit}. */
  void start() {
    open = true;
    order("wgmma.fence.sync.aligned;");
  }

  void commit() {
    open = false;
    order("wgmma.commit_group.sync.aligned;");
  }

  /** Before a barrier: what threads have written is there for the products after it. */
  void publish() {
    order("fence.proxy.async.shared::cta;");
  }

  private void order(String instruction) {
    ir.assembly(instruction, "", ir.types().nothing());
  }

  void await(int pending, MemoryAccess memory) {
    String instruction = "wgmma.wait_group.sync.aligned %d;".formatted(pending);
    if (pending > 0 || running.isEmpty()) {
      order(instruction);
      return;
    }
    List<Sum> sums = new ArrayList<>();
    for (WarpgroupProduct product : running) {
      product.results().stream()
          .flatMap(List::stream)
          .map(place -> new Sum(product.accumulator(), place))
          .filter(sum -> !sums.contains(sum))
          .forEach(sums::add);
    }
    change(instruction, sums, memory);
    running.clear();
  }

  /** Emits the product; waits for it where it belongs to no group. */
  void emit(WarpgroupProduct product, StmtEmitter statements) {
    boolean alone = !open;
    if (alone) {
      start();
    }
    MemoryAccess memory = statements.exprs().memory();
    LLVMValueRef right = begin(product.right(), statements);
    LLVMValueRef left = begin(product.left(), statements);
    for (int k = 0; k < product.depth(); k += product.stepDepth()) {
      for (int tile = 0; tile < product.tiles().size(); tile++) {
        LLVMValueRef[] factors = {
          descriptor(product.left(), left, product.tiles().get(tile), k),
          descriptor(product.right(), right, 0, k)
        };
        List<Sum> sums =
            product.results().get(tile).stream()
                .map(place -> new Sum(product.accumulator(), place))
                .toList();
        change(multiply(product), sums, memory, factors);
      }
    }
    if (!running.contains(product)) {
      running.add(product);
    }
    if (alone) {
      commit();
      await(0, memory);
    }
  }

  // Descriptors

  /** The address of the operand's first row (column) of this thread's group. */
  private LLVMValueRef begin(Operand operand, StmtEmitter statements) {
    SwizzledPlace first = operand.first();
    LLVMValueRef place =
        statements.value(
            operand.transposed()
                ? first.row().times(first.line()).plus(first.column().times(first.rows()))
                : first.row().times(first.line()));
    if (operand.ofGroup() != 0) {
      long far = operand.ofGroup() * (operand.transposed() ? first.rows() : first.line());
      LLVMValueRef thread = GpuMachine.index(ir, ThreadTag.THREAD_X);
      LLVMValueRef group =
          ir.binary(
              LLVMLShr, thread, ir.int32(Integer.numberOfTrailingZeros(WarpgroupProduct.THREADS)));
      LLVMValueRef own = ir.convert(LLVMZExt, group, ir.types().integer(64));
      place = ir.binary(LLVMAdd, place, ir.binary(LLVMMul, own, ir.int64(far)));
    }
    LLVMTypeRef element = ir.types().memory(operand.dtype(), 1);
    if (!(context.storageOf(first.buffer()) instanceof Storage.Memory(LLVMValueRef base))) {
      throw new IllegalStateException("shared memory in registers: " + operand);
    }
    return ir.convert(LLVMPtrToInt, ir.pointer(element, base, place), ir.types().integer(64));
  }

  /**
   * The descriptor of the part of an operand that an instruction reads.
   *
   * @param tile how many rows further on it begins
   * @param k how many products
   */
  private LLVMValueRef descriptor(Operand operand, LLVMValueRef begin, long tile, int k) {
    SwizzledPlace first = operand.first();
    long elements;
    if (operand.transposed()) {
      elements = tile * first.rows() + k * first.line();
    } else {
      long product = first.column().constant() + k;
      elements =
          product / first.line() * first.rows() * first.line()
              + product % first.line()
              + tile * first.line();
    }
    LLVMValueRef address = ir.binary(LLVMAdd, begin, ir.int64(elements * operand.dtype().bytes()));
    LLVMValueRef masked = ir.binary(LLVMAnd, address, ir.int64(ADDRESS_BITS));
    LLVMValueRef encoded = ir.binary(LLVMLShr, masked, ir.int64(ADDRESS_SHIFT));
    long leading = operand.transposed() ? first.rows() * Buffer.LINE_BYTES : 1L << ADDRESS_SHIFT;
    long stride = (long) SwizzledPlace.LINES * Buffer.LINE_BYTES;
    long layout =
        SWIZZLED
            | leading >> ADDRESS_SHIFT << LEADING_SHIFT
            | stride >> ADDRESS_SHIFT << STRIDE_SHIFT;
    return ir.binary(LLVMOr, encoded, ir.int64(layout));
  }

  // Instructions

  /** A sum in a register. */
  private record Sum(Buffer accumulator, Affine place) {}

  /**
   * The instruction's text, with the sums as operands 0 and on, and both descriptors after them.
   */
  private static String multiply(WarpgroupProduct product) {
    DType left = product.left().dtype();
    DType right = product.right().dtype();
    int sums = product.columns() / 2;
    String registers =
        IntStream.range(0, sums).mapToObj(i -> "$" + i).collect(Collectors.joining(","));
    String signs = left.isFloat() ? ",1,1" : "";
    String turned =
        left.bytes() == 2
            ? ",%d,%d"
                .formatted(
                    product.left().transposed() ? 1 : 0, product.right().transposed() ? 1 : 0)
            : "";
    return "wgmma.mma_async.sync.aligned.m64n%dk%d.%s.%s.%s {%s},$%d,$%d,1%s%s;"
        .formatted(
            product.columns(),
            product.stepDepth(),
            name(product.accumulator().dtype()),
            name(left),
            name(right),
            registers,
            sums,
            sums + 1,
            signs,
            turned);
  }

  private static String name(DType dtype) {
    return switch (dtype.kind()) {
      case BFLOAT -> "bf16";
      case TFLOAT -> "tf32";
      case FLOAT -> "f" + dtype.bits();
      case INT -> "s" + dtype.bits();
      case UINT -> "u" + dtype.bits();
      case BOOL,
          STRING,
          FLOAT8_E4M3FN,
          FLOAT8_E4M3FNUZ,
          FLOAT8_E5M2,
          FLOAT8_E5M2FNUZ,
          FLOAT8_E8M0FNU,
          FLOAT4_E2M1FN ->
          throw new IllegalStateException("tensor cores are not given " + dtype);
    };
  }

  /** An instruction that changes sums and reads other operands. */
  private void change(
      String instruction, List<Sum> sums, MemoryAccess memory, LLVMValueRef... operands) {
    DType dtype = sums.getFirst().accumulator().dtype();
    LLVMTypeRef register = ir.types().register(dtype, 1);
    String kind = dtype.isFloat() ? "f" : "r";
    List<LLVMValueRef> arguments = new ArrayList<>(List.of(operands));
    List<String> constraints = new ArrayList<>();
    sums.forEach(_ -> constraints.add("=" + kind));
    arguments.forEach(_ -> constraints.add("l"));
    for (int i = 0; i < sums.size(); i++) {
      constraints.add(Integer.toString(i));
      arguments.add(memory.load(sums.get(i).accumulator(), sums.get(i).place()).ref());
    }
    LLVMValueRef changed =
        ir.assembly(
            instruction,
            String.join(",", constraints),
            ir.types().struct(register, sums.size()),
            arguments.toArray(new LLVMValueRef[0]));
    for (int i = 0; i < sums.size(); i++) {
      Sum sum = sums.get(i);
      memory.store(sum.accumulator(), sum.place(), new Value(ir.member(changed, i), dtype, 1));
    }
  }
}
