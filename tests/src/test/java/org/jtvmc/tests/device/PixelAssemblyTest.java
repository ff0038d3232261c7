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
 * What the stand-in for a GPU's threads knows of pixels that are counted through: a thread copies
 * eight of them, with 32 channels each, from two images of 4 by 5 pixels of 32 float32 numbers,
 * which count from 1 on; a window of 3 by 3 with a padding of 1 goes over them in steps of 2, and
 * so there are 2 by 3 pixels in an image.
 */
class PixelAssemblyTest {
  private static final int HEIGHT = 4;
  private static final int WIDTH = 5;
  private static final int CHANNELS = 32;
  private static final int PIXELS = 8;
  private static final TensorBox BOX = box(-1, 2);

  private static byte[] runtime;

  @BeforeAll
  static void build() {
    runtime = DeviceThreads.build();
  }

  private static TensorBox box(long lower, long step) {
    TensorBox.Window window =
        new TensorBox.Window(List.of(lower, lower), List.of(-1L, -1L), List.of(step, step));
    return new TensorBox(
        4,
        List.of(2L, (long) HEIGHT, (long) WIDTH, (long) CHANNELS),
        List.of(4L * CHANNELS * WIDTH * HEIGHT, 4L * CHANNELS * WIDTH, 4L * CHANNELS),
        List.of((long) PIXELS, (long) CHANNELS),
        Optional.of(window));
  }

  private static String assembly(String text, String constraints, String operands) {
    return "call void asm sideeffect \"%s\", \"%s,~{memory}\"(%s)\n"
        .formatted(text, constraints, operands);
  }

  /** From the pixel at x, y of an image on, each moved. */
  private static String pixels(int x, int y, int image, int right, int down) {
    return assembly(
        "cp.async.bulk.tensor.4d.shared::cluster.global.im2col.mbarrier::complete_tx::bytes"
            + " [$0], [$1, {$2,$3,$4,$5}], [$6], {$7,$8};",
        "l,l,r,r,r,r,l,h,h",
        "i64 %%tile, ptr %%map, i32 0, i32 %d, i32 %d, i32 %d, i64 %%ready, i16 %d, i16 %d"
            .formatted(x, y, image, right, down));
  }

  private static float[] run(TensorBox box, String copy) {
    String llvm =
        """
        target triple = "nvptx64-nvidia-cuda"
        @entry_smem = internal addrspace(3) global [2048 x i8] undef, align 1024
        define ptx_kernel void @entry(ptr addrspace(1) %x, ptr addrspace(1) %out, ptr byval([128 x i8]) align 64 %map) {
        entry:
          %tile = ptrtoint ptr addrspace(3) @entry_smem to i64
          %ready = add i64 %tile, 1024
        BODY
          br label %loop
        loop:
          %i = phi i32 [ 0, %entry ], [ %next, %loop ]
          %from = getelementptr float, ptr addrspace(3) @entry_smem, i32 %i
          %value = load float, ptr addrspace(3) %from, align 4
          %to = getelementptr float, ptr addrspace(1) %out, i32 %i
          store float %value, ptr addrspace(1) %to, align 4
          %next = add i32 %i, 1
          %more = icmp slt i32 %next, 256
          br i1 %more, label %loop, label %done
        done:
          ret void
        }
        """
            .replace(
                "BODY",
                assembly("mbarrier.init.shared::cta.b64 [$0], 1;", "l", "i64 %ready")
                    + assembly(
                        "mbarrier.arrive.expect_tx.shared::cta.b64 _, [$0], 1024;",
                        "l",
                        "i64 %ready")
                    + copy
                    + assembly(
                        "{ .reg .pred there; again: mbarrier.try_wait.parity.shared::cta.b64"
                            + " there, [$0], $1; @!there bra again; }",
                        "l,r",
                        "i64 %ready, i32 0"));
    Launch launch =
        new Launch(
            "entry",
            new Launch.Extent(1, 1, 1),
            new Launch.Extent(1, 1, 1),
            0,
            List.of(
                new Argument.Input(0),
                new Argument.Output(0),
                new Argument.Map(new Argument.Input(0), box)));
    CudaTarget gpu = CudaTarget.typical(90).mostSpecific();
    HostCode code = HostCode.of(llvm, List.of(launch), gpu, HostCpu.detect().target());
    try (Arena arena = Arena.ofConfined();
        DeviceThreads threads = new DeviceThreads(runtime, code)) {
      int elements = 2 * HEIGHT * WIDTH * CHANNELS;
      MemorySegment x = arena.allocate(4L * elements, 16);
      for (int i = 0; i < elements; i++) {
        x.setAtIndex(JAVA_FLOAT, i, i + 1);
      }
      MemorySegment out = arena.allocate(4L * PIXELS * CHANNELS, 16);
      threads.run(
          launch,
          List.of(
              new DeviceThreads.Argument(x, false),
              new DeviceThreads.Argument(out, true),
              new DeviceThreads.Argument(threads.encode(box, x, arena), false)),
          1,
          Long.MAX_VALUE);
      return out.toArray(JAVA_FLOAT);
    }
  }

  /** The first channels of the pixels that were copied; the others follow. */
  private static int[] firstChannels(TensorBox box, String copy) {
    float[] copied = run(box, copy);
    int[] first = new int[PIXELS];
    for (int pixel = 0; pixel < PIXELS; pixel++) {
      // Groups of 16 bytes lie at their number exclusive-or the pixel's.
      int place = pixel * CHANNELS + 4 * pixel;
      first[pixel] = (int) copied[place];
      int other = pixel * CHANNELS + (4 * pixel ^ 4);
      assertArrayEquals(
          new float[] {first[pixel] == 0 ? 0 : first[pixel] + 4}, new float[] {copied[other]});
    }
    return first;
  }

  private static int number(int image, int y, int x) {
    boolean inside = image < 2 && y >= 0 && y < HEIGHT && x >= 0 && x < WIDTH;
    return inside ? ((image * HEIGHT + y) * WIDTH + x) * CHANNELS + 1 : 0;
  }

  private static void assertFault(String expected, String copy) {
    String message = assertThrows(AssertionError.class, () -> run(BOX, copy)).getMessage();
    assertTrue(message.contains(expected), message);
  }

  @Test
  void pixelsGoOnInTheNextLineAndInTheNextImage() {
    // The window's second column and row: every pixel of the image.
    assertArrayEquals(
        new int[] {
          number(0, 0, 0), number(0, 0, 2), number(0, 0, 4),
          number(0, 2, 0), number(0, 2, 2), number(0, 2, 4),
          number(1, 0, 0), number(1, 0, 2)
        },
        firstChannels(BOX, pixels(-1, -1, 0, 1, 1)));
    // Its first column and last row, from the second pixel of the second line on.
    assertArrayEquals(
        new int[] {
          number(0, 3, 1), number(0, 3, 3), number(1, 1, -1), number(1, 1, 1),
          number(1, 1, 3), number(1, 3, -1), number(1, 3, 1), number(1, 3, 3)
        },
        firstChannels(BOX, pixels(1, 1, 0, 0, 2)));
  }

  @Test
  void whatLiesOutsideIsZero() {
    // The last image, its first row above it; behind it no more images.
    assertArrayEquals(
        new int[] {0, 0, 0, 0, number(1, 1, 1), number(1, 1, 3), 0, 0},
        firstChannels(BOX, pixels(-1, -1, 1, 0, 0)));
  }

  @Test
  void whatNoMapCountsIsReported() {
    String fault = "begins with a pixel that its map does not count, or moves it too far";
    assertFault(fault, pixels(0, -1, 0, 0, 0));
    assertFault(fault, pixels(-1, -3, 0, 0, 0));
    assertFault(fault, pixels(-1, 3, 0, 0, 0));
    assertFault(fault, pixels(-1, -1, 0, 256, 0));
    String plain =
        assembly(
            "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes"
                + " [$0], [$1, {$2,$3,$4,$5}], [$6];",
            "l,l,r,r,r,r,l",
            "i64 %tile, ptr %map, i32 0, i32 0, i32 0, i32 0, i64 %ready");
    assertFault("is a tile of no map of its kind", plain);
  }

  @Test
  void whatTheDriverRefusesIsReported() {
    List<TensorBox> refused = new ArrayList<>(List.of(box(-129, 1), box(-1, 9), box(4, 1)));
    TensorBox.Window window =
        new TensorBox.Window(List.of(0L, 0L), List.of(0L, 0L), List.of(1L, 1L));
    refused.add(
        new TensorBox(
            4, BOX.sizes(), BOX.strides(), List.of(1025L, (long) CHANNELS), Optional.of(window)));
    refused.add(
        new TensorBox(
            4, BOX.sizes(), BOX.strides(), List.of(8L, 2L * CHANNELS), Optional.of(window)));
    for (TensorBox box : refused) {
      String message =
          assertThrows(AssertionError.class, () -> run(box, pixels(-1, -1, 0, 0, 0))).getMessage();
      assertTrue(message.contains("the driver would refuse"), message);
    }
  }
}
