package org.jtvmc.tests.device;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.target.CudaTarget;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The stand-in for a GPU's threads does what they do, and finds what they must not do. */
class DeviceThreadsTest {
  private static final int THREADS = 64;
  private static final int BLOCKS = 2;

  private static final String DECLARATIONS =
      """
      target triple = "nvptx64-nvidia-cuda"
      @entry_smem = internal addrspace(3) global [256 x i8] undef, align 128
      declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
      declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
      declare i32 @llvm.nvvm.shfl.sync.bfly.i32(i32, i32, i32, i32)
      declare void @llvm.nvvm.barrier0()
      declare void @llvm.nvvm.cp.async.ca.shared.global.4(ptr addrspace(3), ptr addrspace(1))
      declare void @llvm.nvvm.cp.async.ca.shared.global.4.s(ptr addrspace(3), ptr addrspace(1), i32)
      declare void @llvm.nvvm.cp.async.commit.group()
      declare void @llvm.nvvm.cp.async.wait.group(i32)
      """;

  /** Reads {@code %x} at the thread's number in the grid, {@code %own}. */
  private static final String ENTRY =
      """
      define ptx_kernel void @entry(
          ptr addrspace(1) %in, ptr addrspace(1) %out, ptr addrspace(1) %n) {
        %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
        %b = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
        %first = mul i32 %b, 64
        %own = add i32 %first, %t
        %place = getelementptr i32, ptr addrspace(1) %in, i32 %own
        %x = load i32, ptr addrspace(1) %place, align 4
      """;

  private static byte[] runtime;

  @BeforeAll
  static void build() {
    runtime = DeviceThreads.build();
  }

  private static int[] run(String body) {
    String llvm = DECLARATIONS + ENTRY + body + "\n  ret void\n}\n";
    Launch launch =
        new Launch(
            "entry",
            new Launch.Extent(BLOCKS, 1, 1),
            new Launch.Extent(THREADS, 1, 1),
            0,
            List.of(
                new Launch.Argument.Input(0),
                new Launch.Argument.Output(0),
                new Launch.Argument.Counters(0)));
    HostCode code =
        HostCode.of(llvm, List.of(launch), CudaTarget.typical(80), HostCpu.detect().target());
    try (Arena arena = Arena.ofConfined();
        DeviceThreads threads = new DeviceThreads(runtime, code)) {
      int[] numbers = IntStream.range(0, THREADS * BLOCKS).map(i -> i * i + 1).toArray();
      MemorySegment in = arena.allocate(4L * numbers.length, 16);
      in.copyFrom(MemorySegment.ofArray(numbers));
      MemorySegment out = arena.allocate(4L * numbers.length, 16);
      threads.run(
          launch,
          List.of(
              new DeviceThreads.Argument(in, false),
              new DeviceThreads.Argument(out, true),
              new DeviceThreads.Argument(arena.allocate(Integer.BYTES, 16), true)),
          1,
          Long.MAX_VALUE);
      return out.toArray(JAVA_INT);
    }
  }

  /** Blocks write their elements; the last to come reads those of the other. */
  private static String counted(String operation, String before, String after) {
    return """
      %%mine = getelementptr i32, ptr addrspace(1) %%out, i32 %%own
      %2$s
      call void @llvm.nvvm.barrier0()
      %%one = icmp eq i32 %%t, 0
      br i1 %%one, label %%count, label %%go
    count:
      %%counter = ptrtoint ptr addrspace(1) %%n to i64
      %%seen = call i32 asm sideeffect "%1$s $0, [$1], $2;", "=r,l,r,~{memory}"(i64 %%counter, i32 1)
      store i32 %%seen, ptr addrspace(3) @entry_smem, align 4
      br label %%go
    go:
      call void @llvm.nvvm.barrier0()
      %3$s
      %%before = load i32, ptr addrspace(3) @entry_smem, align 4
      %%last = icmp eq i32 %%before, 1
      br i1 %%last, label %%read, label %%end
    read:
      %%far = xor i32 %%own, 127
      %%there = getelementptr i32, ptr addrspace(1) %%out, i32 %%far
      %%y = load i32, ptr addrspace(1) %%there, align 4
      %%z = add i32 %%y, %%x
      store i32 %%z, ptr addrspace(1) %%mine, align 4
      br label %%end
    end:
    """
        .formatted(operation, before, after);
  }

  private static final String WRITE = "store i32 %x, ptr addrspace(1) %mine, align 4";

  @Test
  void theLastBlockSeesWhatAnotherPublished() {
    int[] results = run(counted("atom.acq_rel.gpu.global.inc.u32", WRITE, ""));
    int blocks = 0;
    for (int block = 0; block < BLOCKS; block++) {
      int own = block * THREADS + 3;
      int other = 127 - own;
      blocks += results[own] == own * own + 1 + other * other + 1 ? 1 : 0;
    }
    assertEquals(1, blocks);
  }

  @Test
  void withoutAFenceItDoesNot() {
    assertFault("races", counted("atom.relaxed.gpu.global.inc.u32", WRITE, ""));
  }

  @Test
  void whatIsWrittenAfterPublishingIsNotSeen() {
    assertFault("races", counted("atom.acq_rel.gpu.global.inc.u32", "", WRITE));
  }

  private static void assertFault(String expected, String body) {
    String message = assertThrows(AssertionError.class, () -> run(body)).getMessage();
    assertTrue(message.contains(expected), message);
  }

  @Test
  void shufflesExchangeWithinAWarp() {
    int[] results =
        run(
            """
              %y = call i32 @llvm.nvvm.shfl.sync.bfly.i32(i32 -1, i32 %x, i32 5, i32 31)
              %to = getelementptr i32, ptr addrspace(1) %out, i32 %own
              store i32 %y, ptr addrspace(1) %to, align 4
            """);
    assertArrayEquals(
        IntStream.range(0, THREADS * BLOCKS).map(i -> (i ^ 5) * (i ^ 5) + 1).toArray(), results);
  }

  /** Each thread leaves its number in shared memory, and takes that of the one opposite. */
  private static String exchange(String between) {
    return """
      %mine = getelementptr i32, ptr addrspace(3) @entry_smem, i32 %t
      store i32 %x, ptr addrspace(3) %mine, align 4
    BETWEEN
      %opposite = sub i32 63, %t
      %other = getelementptr i32, ptr addrspace(3) @entry_smem, i32 %opposite
      %y = load i32, ptr addrspace(3) %other, align 4
      %to = getelementptr i32, ptr addrspace(1) %out, i32 %own
      store i32 %y, ptr addrspace(1) %to, align 4
    """
        .replace("BETWEEN", between);
  }

  @Test
  void barriersMakeSharedMemoryVisible() {
    int[] expected = new int[THREADS * BLOCKS];
    Arrays.setAll(
        expected,
        i -> {
          int from = i / THREADS * THREADS + THREADS - 1 - i % THREADS;
          return from * from + 1;
        });
    assertArrayEquals(expected, run(exchange("  call void @llvm.nvvm.barrier0()")));
  }

  @Test
  void aMissingBarrierIsARace() {
    assertFault("races with another thread", exchange(""));
  }

  /** Each thread copies its number, or zero, to shared memory, and reads the one opposite. */
  private static String copied(String suffix, String read, int pending) {
    return """
      %mine = getelementptr i32, ptr addrspace(3) @entry_smem, i32 %t
      call void @llvm.nvvm.cp.async.ca.shared.global.4SUFFIX(ptr addrspace(3) %mine, ptr addrspace(1) %placeREAD)
      call void @llvm.nvvm.cp.async.commit.group()
      call void @llvm.nvvm.cp.async.wait.group(i32 PENDING)
      call void @llvm.nvvm.barrier0()
      %opposite = sub i32 63, %t
      %other = getelementptr i32, ptr addrspace(3) @entry_smem, i32 %opposite
      %y = load i32, ptr addrspace(3) %other, align 4
      %to = getelementptr i32, ptr addrspace(1) %out, i32 %own
      store i32 %y, ptr addrspace(1) %to, align 4
    """
        .replace("SUFFIX", suffix)
        .replace("READ", read)
        .replace("PENDING", Integer.toString(pending));
  }

  @Test
  void copiesAreVisibleAfterWaiting() {
    int[] expected = new int[THREADS * BLOCKS];
    Arrays.setAll(
        expected,
        i -> {
          int from = i / THREADS * THREADS + THREADS - 1 - i % THREADS;
          return from * from + 1;
        });
    assertArrayEquals(expected, run(copied("", "", 0)));
    assertArrayEquals(expected, run(copied(".s", ", i32 4", 0)));
    assertArrayEquals(new int[THREADS * BLOCKS], run(copied(".s", ", i32 0", 0)));
  }

  @Test
  void copiesThatWereNotWaitedForAreNotRead() {
    assertFault("its thread has not waited", copied("", "", 1));
  }

  @Test
  void blocksMustNotWriteOneElement() {
    assertFault(
        "races with another thread",
        """
          %to = getelementptr i32, ptr addrspace(1) %out, i32 %t
          store i32 %x, ptr addrspace(1) %to, align 4
        """);
  }

  @Test
  void aVectorMustLieAtAMultipleOfItsSize() {
    assertFault(
        "has not the alignment that it states",
        """
          %v = load <2 x i32>, ptr addrspace(1) %place, align 8
        """);
  }

  @Test
  void whatIsOutsideIsNotTouched() {
    assertFault(
        "is outside of every array",
        """
          %beyond = getelementptr i32, ptr addrspace(1) %place, i32 80
          %v = load i32, ptr addrspace(1) %beyond, align 4
        """);
  }

  @Test
  void inputsAreNotWritten() {
    assertFault("is read only", "store i32 1, ptr addrspace(1) %place, align 4");
  }

  @Test
  void allThreadsMustComeToABarrier() {
    assertFault(
        "32 wait at a barrier",
        """
          %some = icmp ult i32 %t, 32
          br i1 %some, label %wait, label %done
        wait:
          call void @llvm.nvvm.barrier0()
          br label %done
        done:
        """);
  }
}
