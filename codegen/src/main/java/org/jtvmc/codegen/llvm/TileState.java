package org.jtvmc.codegen.llvm;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * AMX's tile registers. Linux saves their 8 KiB only for processes that have asked: without that
 * the first instruction ends the process (Linux, Documentation/arch/x86/xstate.rst). What a thread
 * asks for holds for the whole process and for all threads. A compiled library asks for itself,
 * when it is opened.
 */
public final class TileState {
  /** LLVM's name of the feature that the others need. */
  public static final String FEATURE = "amx-tile";

  /** How the names of all begin. */
  static final String FEATURES = "amx-";

  private static final long SYS_ARCH_PRCTL = 158;
  private static final long ARCH_REQ_XCOMP_PERM = 0x1023;
  private static final long XFEATURE_XTILE_DATA = 18;

  private TileState() {}

  /**
   * Asks the system for this process; false where it does not grant them. Asking again is harmless.
   */
  public static boolean isGranted() {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> syscall = linker.defaultLookup().find("syscall");
    if (syscall.isEmpty()) {
      return false;
    }
    FunctionDescriptor type =
        FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG);
    var call = linker.downcallHandle(syscall.get(), type, Linker.Option.firstVariadicArg(1));
    try {
      long status =
          (long) call.invokeExact(SYS_ARCH_PRCTL, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILE_DATA);
      return status == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("the system call for tile registers failed", e);
    }
  }
}
