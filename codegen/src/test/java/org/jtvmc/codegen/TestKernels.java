package org.jtvmc.codegen;

import java.util.stream.Collectors;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.llvm.LlvmContext;
import org.jtvmc.codegen.llvm.LlvmTarget;
import org.jtvmc.codegen.llvm.LlvmTargetMachine;
import org.jtvmc.codegen.llvm.OptLevel;
import org.jtvmc.codegen.llvm.PassPipeline;

/** Kernels written in LLVM IR, and the way from there to an object file. */
public final class TestKernels {

  private TestKernels() {}

  /** c[i] = a[i] + b[i] for i in [0, n), one chunk per thread. */
  public static String add(String name, int n) {
    return """
    define i32 @%1$s(ptr %%buffers, ptr %%pool) {
      %%status = call i32 @jtvmc_parallel_for(ptr %%pool, ptr @%1$s_body, ptr %%buffers, i64 %2$d)
      ret i32 %%status
    }
    declare i32 @jtvmc_parallel_for(ptr, ptr, ptr, i64)
    define internal i32 @%1$s_body(ptr %%buffers, i64 %%begin, i64 %%end) {
    entry:
      %%a = load ptr, ptr %%buffers
      %%b.at = getelementptr ptr, ptr %%buffers, i64 1
      %%b = load ptr, ptr %%b.at
      %%c.at = getelementptr ptr, ptr %%buffers, i64 2
      %%c = load ptr, ptr %%c.at
      br label %%loop
    loop:
      %%i = phi i64 [%%begin, %%entry], [%%next, %%loop]
      %%x.at = getelementptr float, ptr %%a, i64 %%i
      %%x = load float, ptr %%x.at
      %%y.at = getelementptr float, ptr %%b, i64 %%i
      %%y = load float, ptr %%y.at
      %%sum = fadd float %%x, %%y
      %%z.at = getelementptr float, ptr %%c, i64 %%i
      store float %%sum, ptr %%z.at
      %%next = add i64 %%i, 1
      %%more = icmp slt i64 %%next, %%end
      br i1 %%more, label %%loop, label %%done
    done:
      ret i32 0
    }
    """
        .formatted(name, n);
  }

  /** A kernel that only returns a code. */
  public static String returning(String name, int code) {
    return "define i32 @%s(ptr %%buffers, ptr %%pool) { ret i32 %d }".formatted(name, code);
  }

  /** This machine. */
  public static LlvmTarget host() {
    var cpu = HostCpu.detect();
    return new LlvmTarget(
        cpu.triple(),
        cpu.name(),
        cpu.features().stream().map(name -> "+" + name).collect(Collectors.joining(",")),
        OptLevel.DEFAULT);
  }

  /** Compiles IR for this machine. */
  public static byte[] compile(String ir) {
    try (var context = new LlvmContext();
        var machine = new LlvmTargetMachine(host())) {
      var module = context.parseIr("test", ir);
      module.setTarget(machine);
      module.verify();
      module.run(PassPipeline.KERNEL, machine);
      return module.emitObject(machine);
    }
  }
}
