package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.List;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;

/**
 * The shapes of AMX's tile registers in one LLVM function. The function takes up a first
 * configuration where it begins and gives the registers back where it ends, since both take longer
 * than many a tile; products of other shapes (at a ragged end) change it and change it back. Where
 * the function calls others that have a configuration of their own, each product takes up its own.
 */
final class TileConfiguration {
  /** Bytes of the operand of {@code ldtilecfg} (Intel SDM volume 1, palette 1). */
  private static final int BYTES = 64;

  private static final int FIRST_WIDTH = 16;
  private static final int FIRST_HEIGHT = 48;
  private static final LLVMTypeRef[] NO_TYPES = {};

  /**
   * The shape of a register.
   *
   * @param words of 32 bits in a row
   */
  record Shape(int rows, int words) {}

  private final IrBuilder ir;
  private final boolean callsOthers;
  private List<Shape> first;

  /**
   * @param callsOthers true where other functions with tiles run before this one ends
   */
  TileConfiguration(IrBuilder ir, boolean callsOthers) {
    this.ir = ir;
    this.callsOthers = callsOthers;
  }

  /**
   * Makes the registers those of {@code shapes} until the result is closed; their numbers are 0, 1,
   * ...
   */
  Environment.Scope use(List<Shape> shapes) {
    if (callsOthers) {
      load(shapes);
      return this::release;
    }
    if (first == null) {
      first = List.copyOf(shapes);
      ir.atEntry(() -> load(first));
    }
    if (first.equals(shapes)) {
      return () -> {};
    }
    load(shapes);
    return () -> load(first);
  }

  /** Emits what the function does before it ends. */
  void end() {
    if (first != null) {
      release();
    }
  }

  private void release() {
    ir.intrinsic("llvm.x86.tilerelease", NO_TYPES);
  }

  private LLVMValueRef load(List<Shape> shapes) {
    long[] bytes = new long[BYTES];
    bytes[0] = 1; // the palette
    for (int register = 0; register < shapes.size(); register++) {
      bytes[FIRST_WIDTH + 2 * register] = shapes.get(register).words() * (long) Integer.BYTES;
      bytes[FIRST_HEIGHT + register] = shapes.get(register).rows();
    }
    LLVMValueRef image = ir.vectorOf(ir.types().integer(8), bytes);
    LLVMValueRef global = LLVMAddGlobal(ir.module(), LLVMTypeOf(image), "tiles");
    LLVMSetInitializer(global, image);
    LLVMSetGlobalConstant(global, 1);
    LLVMSetLinkage(global, LLVMPrivateLinkage);
    LLVMSetAlignment(global, BYTES);
    return ir.intrinsic("llvm.x86.ldtilecfg", NO_TYPES, global);
  }
}
