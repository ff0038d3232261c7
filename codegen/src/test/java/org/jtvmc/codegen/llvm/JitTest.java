package org.jtvmc.codegen.llvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.stream.Stream;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.TestKernels;
import org.junit.jupiter.api.Test;

class JitTest {

  private static final FunctionDescriptor INT_TO_INT = FunctionDescriptor.of(JAVA_INT, JAVA_INT);

  @Test
  void anObjectCallsWhatWasDefined() throws Throwable {
    var twice =
        MethodHandles.lookup()
            .findStatic(JitTest.class, "twice", MethodType.methodType(int.class, int.class));
    try (var arena = Arena.ofConfined();
        var jit = new Jit()) {
      jit.define("twice", Linker.nativeLinker().upcallStub(twice, INT_TO_INT, arena));
      jit.addObject(
          TestKernels.compile(
              """
              declare i32 @twice(i32)
              define i32 @twice_plus_one(i32 %x) {
                %y = call i32 @twice(i32 %x)
                %z = add i32 %y, 1
                ret i32 %z
              }
              """));
      var call = Linker.nativeLinker().downcallHandle(jit.lookup("twice_plus_one"), INT_TO_INT);
      assertEquals(43, (int) call.invokeExact(21));
    }
  }

  static int twice(int x) {
    return 2 * x;
  }

  @Test
  void aMissingSymbolIsNamed() {
    try (var jit = new Jit()) {
      jit.addObject(
          TestKernels.compile(
              "declare void @nowhere()\ndefine void @f() { call void @nowhere() ret void }"));
      var error = assertThrows(CodegenException.class, () -> jit.lookup("f"));
      assertTrue(error.getMessage().contains("nowhere"), error.getMessage());
    }
  }

  @Test
  void anyNumberOfJitsReportTheirErrors() {
    var object =
        TestKernels.compile(
            "declare void @nowhere()\ndefine void @f() { call void @nowhere() ret void }");
    var jits = Stream.generate(Jit::new).limit(64).toList();
    for (var jit : jits) {
      jit.addObject(object);
      var error = assertThrows(CodegenException.class, () -> jit.lookup("f"));
      assertTrue(error.getMessage().contains("nowhere"), error.getMessage());
    }
    jits.forEach(Jit::close);
  }

  @Test
  void aNameIsDefinedOnce() {
    try (var jit = new Jit()) {
      jit.addObject(TestKernels.compile("define void @f() { ret void }"));
      assertThrows(
          CodegenException.class,
          () -> jit.addObject(TestKernels.compile("define void @f() { ret void }")));
    }
  }

  @Test
  void noiseIsNoObject() {
    try (var jit = new Jit()) {
      assertThrows(CodegenException.class, () -> jit.addObject(new byte[] {1, 2, 3}));
    }
  }
}
