package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;

/**
 * What the block that is being emitted has computed and loaded. An instruction that is known is not
 * emitted again: unrolled steps of a transform compute the same indices and read the same elements,
 * and LLVM's passes take ten times as long to find that.
 *
 * <p>A loaded value is known until something is stored to the same object. Objects are told apart
 * where they are function arguments that no other pointer reaches, or places on the stack.
 */
final class KnownValues {
  /** Stands for all objects that are not told apart. */
  private static final long ANY_OBJECT = 0;

  /** Kinds of instructions, so that one's opcode is not taken for another's predicate. */
  enum Kind {
    PLAIN,
    CONTRACTIBLE,
    CONVERSION,
    COMPARISON,
    ADDRESS,
    SPLAT,
    LOAD
  }

  /** LLVM makes each type and constant once, so that addresses tell values apart. */
  private record Instruction(Kind kind, int code, long a, long b, long type) {}

  private final Map<Instruction, LLVMValueRef> values = new HashMap<>();
  private final Map<Long, Set<Instruction>> loads = new HashMap<>();

  /** The object that an address lies in, of addresses that were made of others. */
  private final Map<Long, Long> objects = new HashMap<>();

  /** Another block begins. */
  void clear() {
    values.clear();
    loads.clear();
    objects.clear();
  }

  /**
   * The value of an instruction that only depends on its operands.
   *
   * @param b null where there is one operand
   * @param type null where the operands say it
   */
  LLVMValueRef of(
      Kind kind,
      int code,
      LLVMValueRef a,
      LLVMValueRef b,
      LLVMTypeRef type,
      Supplier<LLVMValueRef> emit) {
    return values.computeIfAbsent(instruction(kind, code, a, b, type), _ -> emit.get());
  }

  /** {@code base + index}: it lies in the object of {@code base}. */
  LLVMValueRef address(
      LLVMTypeRef element, LLVMValueRef base, LLVMValueRef index, Supplier<LLVMValueRef> emit) {
    LLVMValueRef address = of(Kind.ADDRESS, 0, base, index, element, emit);
    objects.put(address.address(), object(base));
    return address;
  }

  /** What a load gives. */
  LLVMValueRef load(
      LLVMTypeRef type, LLVMValueRef pointer, int alignment, Supplier<LLVMValueRef> emit) {
    Instruction load = instruction(Kind.LOAD, alignment, pointer, null, type);
    loads.computeIfAbsent(object(pointer), _ -> new HashSet<>()).add(load);
    return values.computeIfAbsent(load, _ -> emit.get());
  }

  /** Something is stored there. */
  void stored(LLVMValueRef pointer) {
    long object = object(pointer);
    if (object == ANY_OBJECT) {
      forgetLoads();
    } else {
      forgetLoads(object);
      forgetLoads(ANY_OBJECT);
    }
  }

  /** Something happens that may store anywhere. */
  void forgetLoads() {
    loads.values().forEach(values.keySet()::removeAll);
    loads.clear();
  }

  private void forgetLoads(long object) {
    Optional.ofNullable(loads.remove(object)).ifPresent(values.keySet()::removeAll);
  }

  private long object(LLVMValueRef pointer) {
    Long known = objects.get(pointer.address());
    if (known != null) {
      return known;
    }
    long object = isAlone(pointer) ? pointer.address() : ANY_OBJECT;
    objects.put(pointer.address(), object);
    return object;
  }

  private static boolean isAlone(LLVMValueRef pointer) {
    if (LLVMIsAAllocaInst(pointer) != null) {
      return true;
    }
    if (LLVMIsAArgument(pointer) == null) {
      return false;
    }
    LLVMValueRef function = LLVMGetParamParent(pointer);
    int noalias = LLVMGetEnumAttributeKindForName("noalias", "noalias".length());
    for (int i = 0; i < LLVMCountParams(function); i++) {
      if (LLVMGetParam(function, i).equals(pointer)) {
        int attributes = i + 1;
        return LLVMGetEnumAttributeAtIndex(function, attributes, noalias) != null;
      }
    }
    return false;
  }

  private static Instruction instruction(
      Kind kind, int code, LLVMValueRef a, LLVMValueRef b, LLVMTypeRef type) {
    return new Instruction(
        kind, code, a.address(), b == null ? 0 : b.address(), type == null ? 0 : type.address());
  }
}
