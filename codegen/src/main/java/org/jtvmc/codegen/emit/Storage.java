package org.jtvmc.codegen.emit;

import org.bytedeco.llvm.LLVM.LLVMValueRef;

/** Where the elements of a buffer are. */
sealed interface Storage {
  /** In memory, from {@code base} on. */
  record Memory(LLVMValueRef base) implements Storage {}

  /** In registers. */
  record Registers(SlotTable slots) implements Storage {}
}
