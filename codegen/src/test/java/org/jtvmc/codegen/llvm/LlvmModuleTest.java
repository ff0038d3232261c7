package org.jtvmc.codegen.llvm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.global.LLVM;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.TestKernels;
import org.junit.jupiter.api.Test;

class LlvmModuleTest {

  @Test
  void parseErrorsHaveThePlace() {
    try (var context = new LlvmContext()) {
      var error =
          assertThrows(
              CodegenException.class,
              () -> context.parseIr("broken", "define i32 @f() {\n  ret float 0.0\n}"));
      assertTrue(error.getMessage().contains("broken:2:"), error.getMessage());
    }
  }

  @Test
  void theVerifierSaysWhatIsWrong() {
    try (var context = new LlvmContext()) {
      var module = context.newModule("unfinished");
      var type =
          LLVM.LLVMFunctionType(LLVM.LLVMVoidTypeInContext(context.ref()), new LLVMTypeRef(), 0, 0);
      var function = LLVM.LLVMAddFunction(module.ref(), "f", type);
      LLVM.LLVMAppendBasicBlockInContext(context.ref(), function, "entry");
      var error = assertThrows(CodegenException.class, module::verify);
      assertTrue(error.getMessage().contains("terminator"), error.getMessage());
    }
  }

  @Test
  void anUnknownPassIsNamed() {
    try (var context = new LlvmContext();
        var machine = new LlvmTargetMachine(TestKernels.host())) {
      var module = context.newModule("empty");
      var error =
          assertThrows(
              CodegenException.class, () -> module.run(new PassPipeline("no-such-pass"), machine));
      assertTrue(error.getMessage().contains("no-such-pass"), error.getMessage());
    }
  }

  @Test
  void anUnknownTripleIsNamed() {
    var target = new LlvmTarget("pdp11-dec-unix", "", "", OptLevel.NONE);
    var error = assertThrows(CodegenException.class, () -> new LlvmTargetMachine(target));
    assertTrue(error.getMessage().contains("pdp11-dec-unix"), error.getMessage());
  }

  @Test
  void aSymbolDefinedTwiceDoesNotLinkAndDoesNotEndTheProcess() {
    try (var context = new LlvmContext()) {
      var first = context.parseIr("first", "define void @f() { ret void }");
      var second = context.parseIr("second", "define void @f() { ret void }");
      var error = assertThrows(CodegenException.class, () -> first.link(second));
      assertTrue(error.getMessage().contains("multiply defined"), error.getMessage());
    }
  }

  @Test
  void anyNumberOfContextsReportTheirErrors() {
    var contexts = Stream.generate(LlvmContext::new).limit(64).toList();
    for (var context : contexts) {
      var first = context.parseIr("first", "define void @f() { ret void }");
      var second = context.parseIr("second", "define void @f() { ret void }");
      var error = assertThrows(CodegenException.class, () -> first.link(second));
      assertTrue(error.getMessage().contains("multiply defined"), error.getMessage());
    }
    contexts.forEach(LlvmContext::close);
  }

  @Test
  void linkedModulesCallEachOther() {
    try (var context = new LlvmContext()) {
      var first =
          context.parseIr(
              "first", "define void @f() { call void @g() ret void }\ndeclare void @g()");
      first.link(context.parseIr("second", "define void @g() { ret void }"));
      first.verify();
      assertTrue(first.toString().contains("define void @g()"));
      assertFalse(first.toString().contains("declare"));
    }
  }

  @Test
  void bitcodeReadsBackToTheSameModule() {
    try (var context = new LlvmContext()) {
      var module = context.parseIr("module", TestKernels.add("add", 8));
      var read = context.parseBitcode("module", module.toBitcode());
      assertEquals(module.toString(), read.toString());
    }
  }

  @Test
  void brokenBitcodeIsAnError() {
    try (var context = new LlvmContext()) {
      assertThrows(
          CodegenException.class, () -> context.parseBitcode("noise", new byte[] {1, 2, 3, 4}));
    }
  }

  @Test
  void theKernelPipelineKeepsRegisterTilesInValues() {
    try (var context = new LlvmContext();
        var machine = new LlvmTargetMachine(TestKernels.host())) {
      var module = context.parseIr("tile", REGISTER_TILE);
      module.setTarget(machine);
      module.run(PassPipeline.KERNEL, machine);
      var text = module.toString();
      assertFalse(text.contains("alloca"), text);
      assertTrue(text.contains("phi <16 x float>"), text);
      // The address of the row does not depend on the loop.
      var loop = text.substring(text.indexOf("loop:"));
      assertFalse(loop.contains("mul nuw nsw i64 %row") || loop.contains("mul i64 %row"), text);
    }
  }

  @Test
  void vectorsAreAsWideAsTheyAreWritten() {
    try (var context = new LlvmContext();
        var machine =
            new LlvmTargetMachine(
                new LlvmTarget(
                    "x86_64-unknown-linux-gnu", "skylake-avx512", "", OptLevel.DEFAULT))) {
      var module = context.parseIr("tile", REGISTER_TILE);
      module.setTarget(machine);
      module.setFunctionTarget(LLVM.LLVMGetNamedFunction(module.ref(), "tile"), machine.target());
      module.run(PassPipeline.KERNEL, machine);
      assertTrue(module.emitAssembly(machine).contains("zmm"));
    }
  }

  @Test
  void theSameModuleGivesTheSameObject() {
    assertArrayEquals(
        TestKernels.compile(TestKernels.add("add", 100)),
        TestKernels.compile(TestKernels.add("add", 100)));
  }

  @Test
  void ptxIsEmittedForNvptx() {
    var target = new LlvmTarget("nvptx64-nvidia-cuda", "sm_80", "+ptx70", OptLevel.DEFAULT);
    try (var context = new LlvmContext();
        var machine = new LlvmTargetMachine(target)) {
      var module = context.parseIr("empty", "define ptx_kernel void @f() { ret void }");
      module.setTarget(machine);
      assertTrue(module.emitAssembly(machine).contains(".entry f"));
    }
  }

  private static final String REGISTER_TILE =
      """
      define void @tile(ptr noalias %a, ptr noalias %c, i64 %row) {
      entry:
        %acc = alloca <16 x float>
        store <16 x float> zeroinitializer, ptr %acc
        br label %loop
      loop:
        %k = phi i64 [0, %entry], [%next, %loop]
        %start = mul i64 %row, 4096
        %index = add i64 %start, %k
        %at = getelementptr float, ptr %a, i64 %index
        %x = load <16 x float>, ptr %at, align 4
        %old = load <16 x float>, ptr %acc
        %new = fadd <16 x float> %old, %x
        store <16 x float> %new, ptr %acc
        %next = add i64 %k, 16
        %more = icmp slt i64 %next, 4096
        br i1 %more, label %loop, label %done
      done:
        %sum = load <16 x float>, ptr %acc
        store <16 x float> %sum, ptr %c, align 4
        ret void
      }
      """;
}
