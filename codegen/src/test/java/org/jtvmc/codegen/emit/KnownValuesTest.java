package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMAdd;
import static org.bytedeco.llvm.global.LLVM.LLVMFAdd;
import static org.bytedeco.llvm.global.LLVM.LLVMGetParam;
import static org.bytedeco.llvm.global.LLVM.LLVMMul;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmModule;
import org.jtvmc.ir.type.DType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** In a function of two arrays that share no memory, and a third pointer that may be anywhere. */
class KnownValuesTest {
  private LlvmContext context;
  private LlvmModule module;
  private IrBuilder ir;
  private LLVMTypeRef element;
  private LLVMValueRef function;
  private LLVMValueRef first;
  private LLVMValueRef second;
  private LLVMValueRef anywhere;

  @BeforeEach
  void begin() {
    context = new LlvmContext();
    module = context.newModule("test");
    ir = new IrBuilder(context.ref(), module.ref());
    element = ir.types().memory(DType.F32, 1);
    FunctionBuilder functions =
        new FunctionBuilder(ir, InstructionSet.of(HostCpu.detect().target()));
    LLVMTypeRef pointer = ir.types().pointer();
    function =
        functions.exported("f", functions.type(ir.types().integer(32), pointer, pointer, pointer));
    functions.declareDistinct(function, 2);
    first = LLVMGetParam(function, 0);
    second = LLVMGetParam(function, 1);
    anywhere = LLVMGetParam(function, 2);
    ir.moveTo(ir.newBlock(function, "entry"));
  }

  @AfterEach
  void end() {
    ir.giveBack(ir.int32(0));
    module.verify();
    ir.close();
    context.close();
  }

  private LLVMValueRef load(LLVMValueRef base, long index) {
    return ir.load(element, ir.pointer(element, base, ir.int64(index)), 4);
  }

  private void store(LLVMValueRef base, long index) {
    LLVMValueRef value = ir.constant(DType.F32, 1.0).ref();
    ir.store(value, ir.pointer(element, base, ir.int64(index)), 4);
  }

  @Test
  void anInstructionThatIsKnownIsNotEmittedAgain() {
    LLVMValueRef a = load(first, 0);
    LLVMValueRef b = load(first, 1);
    LLVMValueRef sum = ir.contractible(LLVMFAdd, a, b);
    assertEquals(sum, ir.contractible(LLVMFAdd, a, b));
    assertNotEquals(sum, ir.contractible(LLVMFAdd, b, a));
    assertNotEquals(sum, ir.binary(LLVMFAdd, a, b), "this one may not become part of an FMA");
    assertNotEquals(
        ir.pointer(element, first, ir.int64(1)), ir.pointer(element, first, ir.int64(2)));
  }

  @Test
  void whatWasLoadedIsKnownUntilSomethingIsStoredToTheSameArray() {
    LLVMValueRef a = load(first, 3);
    LLVMValueRef b = load(second, 3);
    assertNotEquals(a, b);
    store(second, 7);
    assertEquals(a, load(first, 3));
    assertNotEquals(b, load(second, 3));
    store(first, 7);
    assertNotEquals(a, load(first, 3));
  }

  @Test
  void aStoreThatMayGoAnywhereChangesAllThatWasLoaded() {
    LLVMValueRef a = load(first, 3);
    LLVMValueRef c = load(anywhere, 3);
    store(anywhere, 0);
    assertNotEquals(a, load(first, 3));
    assertNotEquals(c, load(anywhere, 3));
    LLVMValueRef later = load(anywhere, 3);
    store(first, 0);
    assertNotEquals(later, load(anywhere, 3));
  }

  @Test
  void nothingIsKnownOfMemoryAcrossAFenceOrACall() {
    LLVMValueRef a = load(first, 3);
    ir.keepOrder();
    LLVMValueRef b = load(first, 3);
    assertNotEquals(a, b);
    ir.prefetch(first, IrBuilder.Keep.FIRST_CACHE);
    assertNotEquals(b, load(first, 3));
  }

  @Test
  void anotherBlockAndTheEntryHaveValuesOfTheirOwn() {
    LLVMValueRef x = ir.load(ir.types().integer(64), anywhere, 8);
    LLVMValueRef product = ir.binary(LLVMMul, x, x);
    LLVMValueRef early =
        ir.atEntry(
            () -> ir.binary(LLVMAdd, ir.load(ir.types().integer(64), anywhere, 8), ir.int64(1)));
    assertNotEquals(early, ir.binary(LLVMAdd, x, ir.int64(1)));
    var next = ir.newBlock("next");
    ir.branch(next);
    ir.moveTo(next);
    assertNotEquals(product, ir.binary(LLVMMul, x, x));
  }
}
