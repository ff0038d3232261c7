package org.jtvmc.ir.target;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Figures worked by hand from the table of compute capabilities. */
class OccupancyTest {

  @ParameterizedTest
  @CsvSource({
    // Nothing but the threads: 2048 of 256 each.
    "80, 256, 32, 0, 8, 64",
    // 128 registers: a warp takes 4096, a quarter of the multiprocessor 16384, so 16 warps in all.
    "80, 256, 128, 0, 2, 16",
    // 255 registers are given as 8192 a warp: two warps in each quarter.
    "80, 256, 255, 0, 1, 8",
    // 48 KiB and the system's 1 KiB: three times into 164 KiB.
    "80, 128, 32, 49152, 3, 12",
    // The same without the system's share: one of 64 KiB.
    "75, 128, 32, 49152, 1, 4",
    // Small blocks: no more than 32 of them.
    "90, 32, 16, 0, 32, 32",
    "86, 32, 16, 0, 16, 16",
    // 1536 threads hold one block of 1024.
    "86, 1024, 32, 0, 1, 32",
    // More than any block may have.
    "80, 128, 32, 200000, 0, 0",
  })
  void blocksAndWarps(int arch, int threads, int registers, long shared, int blocks, int warps) {
    Occupancy occupancy = Occupancy.of(CudaTarget.typical(arch), threads, registers, shared);
    assertEquals(blocks, occupancy.blocks());
    assertEquals(warps, occupancy.warps());
  }
}
