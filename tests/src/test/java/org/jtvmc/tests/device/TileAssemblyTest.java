package org.jtvmc.tests.device;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.cuda.Launch.Argument;
import org.jtvmc.codegen.cuda.TensorBox;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.target.CudaTarget;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What the stand-in for a GPU's threads knows of tiles: 32 threads read row 2 of a box of 8 rows
 * and 32 columns of a matrix of 12 rows and 40 columns of float32 numbers, which count from 0 on.
 */
class TileAssemblyTest {
  private static final int THREADS = 32;
  private static final int ROWS = 12;
  private static final int COLUMNS = 40;
  private static final String BARRIER = "call void @llvm.nvvm.barrier0()";
  private static final TensorBox BOX =
      new TensorBox(
          4,
          List.of((long) ROWS, (long) COLUMNS),
          List.of(4L * COLUMNS),
          List.of(8L, 32L),
          Optional.empty());

  private static byte[] runtime;

  @BeforeAll
  static void build() {
    runtime = DeviceThreads.build();
  }

  private static String assembly(String text, String constraints, String operands) {
    return "call void asm sideeffect \"%s\", \"%s,~{memory}\"(%s)\n"
        .formatted(text, constraints, operands);
  }

  private static final String READY = "i64 %ready";
  private static final String INIT = assembly("mbarrier.init.shared::cta.b64 [$0], 1;", "l", READY);
  private static final String CLOSE = assembly("mbarrier.inval.shared::cta.b64 [$0];", "l", READY);

  private static String expect(int bytes) {
    return assembly(
        "mbarrier.arrive.expect_tx.shared::cta.b64 _, [$0], %d;".formatted(bytes), "l", READY);
  }

  private static String tile(int column, int row) {
    return assembly(
        "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes"
            + " [$0], [$1, {$2,$3}], [$4];",
        "l,l,r,r,l",
        "i64 %%tile, ptr %%map, i32 %d, i32 %d, %s".formatted(column, row, READY));
  }

  private static String await(int parity) {
    return assembly(
        "{ .reg .pred there; again: mbarrier.try_wait.parity.shared::cta.b64 there, [$0], $1; "
            + "@!there bra again; }",
        "l,r",
        READY + ", i32 " + parity);
  }

  /** What the first thread does. */
  private static String one(String name, String... statements) {
    return """
    %%is.%1$s = icmp eq i32 %%t, 0
    br i1 %%is.%1$s, label %%do.%1$s, label %%after.%1$s
    do.%1$s:
    %2$s
    br label %%after.%1$s
    after.%1$s:
    """
        .formatted(name, String.join("\n", statements));
  }

  private static float[] run(String... statements) {
    List<String> all = new ArrayList<>(List.of(statements));
    String llvm =
        """
        target triple = "nvptx64-nvidia-cuda"
        @entry_smem = internal addrspace(3) global [2048 x i8] undef, align 1024
        declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
        declare void @llvm.nvvm.barrier0()
        define ptx_kernel void @entry(ptr addrspace(1) %x, ptr addrspace(1) %out, ptr byval([128 x i8]) align 64 %map) {
          %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
          %tile = ptrtoint ptr addrspace(3) @entry_smem to i64
          %ready = add i64 %tile, 1024
        BODY
          ; Row 2: groups of 16 bytes lie at their number exclusive-or 2.
          %place = xor i32 %t, 8
          %at = add i32 %place, 64
          %from = getelementptr float, ptr addrspace(3) @entry_smem, i32 %at
          %value = load float, ptr addrspace(3) %from, align 4
          %to = getelementptr float, ptr addrspace(1) %out, i32 %t
          store float %value, ptr addrspace(1) %to, align 4
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
            List.of(
                new Argument.Input(0),
                new Argument.Output(0),
                new Argument.Map(new Argument.Input(0), BOX)));
    CudaTarget gpu = CudaTarget.typical(90).mostSpecific();
    HostCode code = HostCode.of(llvm, List.of(launch), gpu, HostCpu.detect().target());
    try (Arena arena = Arena.ofConfined();
        DeviceThreads threads = new DeviceThreads(runtime, code)) {
      MemorySegment x = arena.allocate(4L * ROWS * COLUMNS, 16);
      for (int i = 0; i < ROWS * COLUMNS; i++) {
        x.setAtIndex(JAVA_FLOAT, i, i);
      }
      MemorySegment out = arena.allocate(4L * THREADS, 16);
      threads.run(
          launch,
          List.of(
              new DeviceThreads.Argument(x, false),
              new DeviceThreads.Argument(out, true),
              new DeviceThreads.Argument(threads.encode(BOX, x, arena), false)),
          1,
          Long.MAX_VALUE);
      return out.toArray(JAVA_FLOAT);
    }
  }

  private static float[] row(int row, int column) {
    float[] values = new float[THREADS];
    for (int i = 0; i < THREADS; i++) {
      values[i] = row < ROWS && column + i < COLUMNS ? COLUMNS * row + column + i : 0;
    }
    return values;
  }

  private static void assertFault(String expected, String... statements) {
    String message = assertThrows(AssertionError.class, () -> run(statements)).getMessage();
    assertTrue(message.contains(expected), message);
  }

  @Test
  void aBoxLiesSwizzledWithZerosBeyondTheTensor() {
    String init = one("init", INIT);
    assertArrayEquals(
        row(3, 4), run(init, BARRIER, one("go", expect(1024), tile(4, 1)), await(0), BARRIER));
    assertArrayEquals(
        row(3, 24), run(init, BARRIER, one("go", tile(24, 1), expect(1024)), await(0), BARRIER));
    assertArrayEquals(
        row(12, 0), run(init, BARRIER, one("go", expect(1024), tile(0, 10)), await(0), BARRIER));
  }

  @Test
  void phasesTakeTurns() {
    assertArrayEquals(
        row(5, 8),
        run(
            one("init", INIT),
            BARRIER,
            one("first", expect(1024), tile(0, 0)),
            await(0),
            BARRIER,
            one("second", expect(1024), tile(8, 3)),
            await(1),
            BARRIER,
            one("close", CLOSE)));
  }

  @Test
  void whatIsMissingIsReported() {
    String init = one("init", INIT);
    String go = one("go", expect(1024), tile(0, 0));
    String early = "touches what is being copied: its thread has not waited";
    assertFault(early, init, BARRIER, go, BARRIER);
    // The phase with the other parity is over already.
    assertFault(early, init, BARRIER, go, await(1), BARRIER);
    assertFault("races with another thread", init, BARRIER, go, await(0));
    assertFault(
        "threads wait for tiles for ever: 2048 bytes are expected, 1024 are under way",
        init,
        BARRIER,
        one("go", expect(2048), tile(0, 0)),
        await(0));
    assertFault("0 bytes are expected, 1024 are", init, BARRIER, one("go", tile(0, 0)), await(0));
    assertFault("arrives twice in one phase", init, BARRIER, one("go", expect(8), expect(8)));
    assertFault("mbarrier object", init, go, await(0), BARRIER);
    assertFault("is of no mbarrier object", go);
    assertFault(
        "ends an mbarrier object while tiles are under way",
        init,
        BARRIER,
        go,
        one("end", CLOSE),
        await(0),
        BARRIER);
  }
}
