package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.bytedeco.llvm.global.LLVM;
import org.jtvmc.codegen.emit.TileRegisters.Multiplication;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Stmt;

/**
 * Emits a {@link TileProduct} with AMX. Each sum has a tile register from before the reduction to
 * after it; operands are loaded where they are first needed. Registers are numbered here and not by
 * LLVM's allocator: their shapes are known, and none is ever spilled.
 */
final class TileProductEmitter {
  private static final LLVMTypeRef[] NO_TYPES = {};

  private final EmitContext context;
  private final IrBuilder ir;
  private final StmtEmitter statements;
  private final TileProduct product;
  private final Buffer left;
  private final Buffer right;
  private final TilePlaces places;
  private final TileRegisters registers;

  private TileProductEmitter(
      EmitContext context,
      StmtEmitter statements,
      TileProduct product,
      TilePlaces places,
      TileRegisters registers) {
    this.context = context;
    this.ir = context.ir;
    this.statements = statements;
    this.product = product;
    this.left = product.first().left().buffer();
    this.right = product.first().right().buffer();
    this.places = places;
    this.registers = registers;
  }

  /**
   * Emits {@code before} and {@code loop}, if the latter is a product that tile registers can do.
   *
   * @param before the statement before it, which is left out where it only makes the sums zero
   */
  static boolean emit(
      Optional<Stmt> before, Stmt.For loop, EmitContext context, StmtEmitter statements) {
    Optional<TileProduct> product =
        context.environment.lanes() > 1 ? Optional.empty() : TileProduct.of(loop, context.target);
    Optional<TilePlaces> places = product.flatMap(found -> TilePlaces.of(found, context));
    Optional<TileRegisters> registers =
        places.flatMap(
            found -> TileRegisters.of(found.multiplications(), product.get().first().words()));
    registers.ifPresent(
        found ->
            new TileProductEmitter(context, statements, product.get(), places.get(), found)
                .emit(before));
    return registers.isPresent();
  }

  private void emit(Optional<Stmt> before) {
    boolean fromZero = before.isPresent() && makesSumsZero(before.get());
    if (!fromZero) {
      before.ifPresent(statements::emit);
    }
    try (var _ = context.tiles.use(registers.shapes())) {
      for (int i = 0; i < registers.sums(); i++) {
        if (fromZero) {
          ir.intrinsic("llvm.x86.tilezero", NO_TYPES, number(i));
        } else {
          move("llvm.x86.tileloadd64", i, product.sums(), sum(i), places.sumStride());
        }
      }
      statements.emitSerials(product.reduction(), this::step);
      for (int i = 0; i < registers.sums(); i++) {
        move("llvm.x86.tilestored64", i, product.sums(), sum(i), places.sumStride());
      }
    }
  }

  private Affine sum(int register) {
    return registers.order().get(register).sum();
  }

  /** One step of the reduction: each pair of operands multiplied and added to its sum. */
  private void step() {
    String instruction =
        TileProduct.instruction(left.dtype(), right.dtype(), context.target).orElseThrow();
    Held lefts = new Held(registers.sums(), registers.left(), left, places.leftStride());
    Held rights =
        new Held(
            registers.sums() + registers.left(), registers.right(), right, places.rightStride());
    List<Multiplication> order = registers.order();
    for (int i = 0; i < order.size(); i++) {
      int b = rights.register(order.get(i).right());
      int a = lefts.register(order.get(i).left());
      ir.intrinsic(instruction, NO_TYPES, number(i), number(a), number(b));
    }
  }

  /** The operands of one kind that are in registers during a step. */
  private final class Held {
    private final int first;
    private final int count;
    private final Buffer buffer;
    private final long stride;
    private final List<Affine> loaded = new ArrayList<>();

    Held(int first, int count, Buffer buffer, long stride) {
      this.first = first;
      this.count = count;
      this.buffer = buffer;
      this.stride = stride;
    }

    /** The register that holds the operand at {@code place}, loaded now if it is not there yet. */
    int register(Affine place) {
      if (!loaded.contains(place)) {
        loaded.add(place);
        int register = first + (loaded.size() - 1) % count;
        move("llvm.x86.tileloadd64", register, buffer, place, stride);
      }
      return first + loaded.indexOf(place) % count;
    }
  }

  private void move(String intrinsic, int register, Buffer buffer, Affine place, long stride) {
    Storage.Memory memory = (Storage.Memory) context.storageOf(buffer);
    LLVMTypeRef element = ir.types().memory(buffer.dtype(), 1);
    LLVMValueRef address = statements.exprs().indexEmitter().address(element, memory.base(), place);
    LLVMValueRef bytes = ir.int64(stride * buffer.dtype().bytes());
    ir.intrinsic(intrinsic, NO_TYPES, number(register), address, bytes);
  }

  private LLVMValueRef number(int register) {
    return LLVM.LLVMConstInt(ir.types().integer(8), register, 0);
  }

  /**
   * True for a statement that stores zeros to sums and does nothing else, where the products are
   * added to all sums that there are.
   */
  private boolean makesSumsZero(Stmt stmt) {
    long summed = registers.order().stream().mapToLong(m -> m.rows() * TileProduct.SIZE).sum();
    return summed * product.sums().dtype().bytes() == LocalMemory.bytes(product.sums())
        && storesZeros(stmt);
  }

  private boolean storesZeros(Stmt stmt) {
    return switch (stmt) {
      case Stmt.For loop -> storesZeros(loop.body());
      case Stmt.Seq(List<Stmt> all) -> all.stream().allMatch(this::storesZeros);
      case Stmt.Store store -> store.buffer() == product.sums() && isZero(store.value());
      case Stmt.If _, Stmt.Allocate _, Stmt.Evaluate _ -> false;
    };
  }

  private static boolean isZero(PrimExpr value) {
    return IntImm.is(value, 0)
        || (value instanceof FloatImm imm && Double.doubleToRawLongBits(imm.value()) == 0);
  }
}
