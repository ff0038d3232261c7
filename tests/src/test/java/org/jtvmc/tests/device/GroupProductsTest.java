package org.jtvmc.tests.device;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.target.CudaTarget;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What the stand-in for a GPU's threads knows of products of groups of warps. Rows of 64 and of 8
 * lines of shared memory hold 16 ones each, so that every sum is 16.
 */
class GroupProductsTest {
  private static final int THREADS = 128;
  private static final int WORDS = (64 + 8) * 128 / 4;

  /** Two float16 ones. */
  private static final int ONES = 0x3C003C00;

  /** Of a descriptor: 128-byte swizzling, eight rows 1024 bytes apart. */
  private static final long LAYOUT = 1L << 62 | 64L << 32 | 1L << 16;

  private static final String PUBLISH =
      "call void asm sideeffect \"fence.proxy.async.shared::cta;\", \"~{memory}\"()";
  private static final String BARRIER = "call void @llvm.nvvm.barrier0()";
  private static final String FENCE =
      "call void asm sideeffect \"wgmma.fence.sync.aligned;\", \"~{memory}\"()";
  private static final String COMMIT =
      "call void asm sideeffect \"wgmma.commit_group.sync.aligned;\", \"~{memory}\"()";
  private static final String WAIT =
      """
      %done = call { float, float, float, float } asm sideeffect "wgmma.wait_group.sync.aligned 0;", \
      "=f,=f,=f,=f,0,1,2,3,~{memory}"(float %s0, float %s1, float %s2, float %s3)
      %sum = extractvalue { float, float, float, float } %done, 3
      """;

  private static byte[] runtime;

  @BeforeAll
  static void build() {
    runtime = DeviceThreads.build();
  }

  private static String product(long layout) {
    StringBuilder text =
        new StringBuilder(
            """
            %base = ptrtoint ptr addrspace(3) @entry_smem to i64
            %next = add i64 %base, 8192
            %low.a = and i64 %base, 262143
            %low.b = and i64 %next, 262143
            %encoded.a = lshr i64 %low.a, 4
            %encoded.b = lshr i64 %low.b, 4
            %a = or i64 %encoded.a, LAYOUT
            %b = or i64 %encoded.b, LAYOUT
            %p = call { float, float, float, float } asm sideeffect \
            "wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {$0,$1,$2,$3},$4,$5,1,1,1,0,0;", \
            "=f,=f,=f,=f,l,l,0,1,2,3,~{memory}"(i64 %a, i64 %b, float 0.0, float 0.0, float 0.0, float 0.0)
            """
                .replace("LAYOUT", Long.toString(layout)));
    for (int i = 0; i < 4; i++) {
      text.append("%%s%d = extractvalue { float, float, float, float } %%p, %d%n".formatted(i, i));
    }
    return text.toString();
  }

  private static String fill(String name) {
    StringBuilder text = new StringBuilder();
    for (int word = 0; word < WORDS; word += THREADS) {
      String at = name + word;
      text.append(
          """
          %%n.%1$s = add i32 %%t, %2$d
          %%p.%1$s = getelementptr i32, ptr addrspace(3) @entry_smem, i32 %%n.%1$s
          store i32 %3$d, ptr addrspace(3) %%p.%1$s, align 4
          """
              .formatted(at, word, ONES));
    }
    return text.toString();
  }

  private static float[] run(String... statements) {
    List<String> all = new ArrayList<>(List.of(fill("first")));
    all.addAll(List.of(statements));
    String llvm =
        """
        target triple = "nvptx64-nvidia-cuda"
        @entry_smem = internal addrspace(3) global [9216 x i8] undef, align 1024
        declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
        declare void @llvm.nvvm.barrier0()
        define ptx_kernel void @entry(ptr addrspace(1) %out) {
          %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
        BODY
          %to = getelementptr float, ptr addrspace(1) %out, i32 %t
          store float %sum, ptr addrspace(1) %to, align 4
          ret void
        }
        """
            .replace("BODY", String.join("\n", all));
    Launch launch =
        new Launch(
            "entry",
            new Launch.Extent(1, 1, 1),
            new Launch.Extent(THREADS, 1, 1),
            0,
            List.of(new Launch.Argument.Output(0)));
    CudaTarget gpu = CudaTarget.typical(90).mostSpecific();
    HostCode code = HostCode.of(llvm, List.of(launch), gpu, HostCpu.detect().target());
    try (Arena arena = Arena.ofConfined();
        DeviceThreads threads = new DeviceThreads(runtime, code)) {
      MemorySegment out = arena.allocate(4L * THREADS, 16);
      threads.run(launch, List.of(new DeviceThreads.Argument(out, true)), 1, Long.MAX_VALUE);
      return out.toArray(JAVA_FLOAT);
    }
  }

  private static void assertFault(String expected, String... statements) {
    String message = assertThrows(AssertionError.class, () -> run(statements)).getMessage();
    assertTrue(message.contains(expected), message);
  }

  @Test
  void sumsAreThereAfterWaiting() {
    float[] expected = new float[THREADS];
    Arrays.fill(expected, 16);
    assertArrayEquals(expected, run(PUBLISH, BARRIER, FENCE, product(LAYOUT), COMMIT, WAIT));
  }

  @Test
  void sumsAreNoNumbersBefore() {
    String early = "%sum = fadd float %s3, 1.0\n" + WAIT.replace("%sum", "%late");
    for (float sum : run(PUBLISH, BARRIER, FENCE, product(LAYOUT), COMMIT, early)) {
      assertTrue(Float.isNaN(sum), "a sum that was not waited for is " + sum);
    }
  }

  @Test
  void whatIsMissingIsReported() {
    String product = product(LAYOUT);
    assertFault(
        "a product begins without a fence before it", PUBLISH, BARRIER, product, COMMIT, WAIT);
    assertFault("comes before a fence of what was written", BARRIER, FENCE, product, COMMIT, WAIT);
    assertFault("races with another thread", PUBLISH, FENCE, product, COMMIT, WAIT);
    assertFault(
        "a thread ends while it multiplies",
        PUBLISH,
        BARRIER,
        FENCE,
        product,
        COMMIT,
        "%sum = fadd float %s0, 1.0");
    assertFault("a thread ends while it multiplies", PUBLISH, BARRIER, FENCE, product, WAIT);
  }

  @Test
  void factorsMustStayUntilTheirThreadsHaveWaited() {
    String product = product(LAYOUT);
    assertFault(
        "meets products that read it and were not waited for",
        PUBLISH,
        BARRIER,
        FENCE,
        product,
        COMMIT,
        BARRIER,
        fill("second"),
        WAIT);
    // Other warps may not have waited.
    assertFault(
        "a write of 4 bytes of shared memory",
        PUBLISH,
        BARRIER,
        FENCE,
        product,
        COMMIT,
        WAIT,
        fill("second"));
  }

  @Test
  void aDescriptorIsOfSwizzledLines() {
    assertFault(
        "a descriptor is not of 128-byte swizzling",
        PUBLISH,
        BARRIER,
        FENCE,
        product(LAYOUT & ~(1L << 62)),
        COMMIT,
        WAIT);
  }
}
