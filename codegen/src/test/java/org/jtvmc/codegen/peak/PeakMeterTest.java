package org.jtvmc.codegen.peak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.interpret.LoopInterpreter;
import org.jtvmc.ir.loop.LoopVerifier;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CpuTarget.Caches;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;

class PeakMeterTest {
  private static final CpuTarget HOST = HostCpu.detect().target();

  @Test
  void measuresFiniteSpeeds() {
    try (PeakMeter meter = new PeakMeter(HOST, 1)) {
      for (double speed :
          List.of(meter.multiplyAddGflops(), meter.readGigabytesPerSecond(1 << 16))) {
        assertTrue(speed > 0 && Double.isFinite(speed), "speed " + speed);
      }
    }
  }

  @Test
  void runsMoveAsManyBytesAsTheyAreAskedTo() {
    try (PeakMeter meter = new PeakMeter(HOST, 2);
        PeakRun read = meter.moving(1 << 20, 4);
        PeakRun mixed = meter.moving(3 << 20, 1 << 20);
        PeakRun exponentials = meter.exponentials()) {
      for (PeakRun run : List.of(read, mixed, exponentials)) {
        run.run();
      }
      assertEquals(1 << 20, read.work(), 0.02 * (1 << 20));
      assertEquals(4 << 20, mixed.work(), 0.02 * (4 << 20));
      assertTrue(exponentials.work() > 0);
    }
  }

  @Test
  void aMixHasTheSharesOfTheBytes() {
    assertEquals(new BlockMix(100, 1, 1), BlockMix.of(1000, 1000, 10));
    assertEquals(new BlockMix(25, 3, 1), BlockMix.of(750, 250, 10));
    assertEquals(new BlockMix(20, 1, 4), BlockMix.of(200, 800, 10));
    assertEquals(new BlockMix(100, 1, 0), BlockMix.of(1000, 4, 10));
    assertEquals(new BlockMix(1, 1, 64), BlockMix.of(0, 1000, 10));
  }

  @Test
  void sumsOfWhatAMixReadsAreWritten() {
    PeakKernels kernels = new PeakKernels(HOST, 2);
    long lanes = HOST.lanes(Float.BYTES);
    long chains = kernels.blockBytes() / (2 * lanes * Float.BYTES);
    for (BlockMix mix : List.of(new BlockMix(2, 3, 1), new BlockMix(2, 1, 3))) {
      PrimFunc function = kernels.move(mix);
      LoopVerifier.verify(function);
      NDArray data = filled(TensorType.of(DType.F32, 2, mix.groups(), mix.reads(), chains, lanes));
      NDArray out =
          NDArray.allocate(TensorType.of(DType.F32, 2, mix.groups(), mix.writes(), chains, lanes));
      LoopInterpreter.run(function, List.of(data), List.of(out));
      for (long i = 0; i < out.elements(); i++) {
        assertEquals(0.5 * mix.reads(), out.getDouble(i));
      }
    }
  }

  @Test
  void everyRoundTakesExponentials() {
    PrimFunc function = new PeakKernels(HOST, 1).exponentials(2);
    LoopVerifier.verify(function);
    long lanes = HOST.lanes(Float.BYTES);
    NDArray half = filled(TensorType.of(DType.F32, lanes));
    long vectors = (long) (new PeakKernels(HOST, 1).exponentialCount(1) / lanes);
    NDArray out = NDArray.allocate(TensorType.of(DType.F32, 1, vectors, lanes));
    LoopInterpreter.run(function, List.of(half, half), List.of(out));
    for (long i = 0; i < out.elements(); i++) {
      assertEquals(Math.exp(-0.5), out.getDouble(i), 1e-6);
    }
  }

  @Test
  void everyRoundMultipliesAndAdds() {
    PeakKernels kernels = new PeakKernels(HOST, 2);
    PrimFunc function = kernels.multiplyAdds(3);
    LoopVerifier.verify(function);
    long lanes = HOST.lanes(Float.BYTES);
    long chains = (long) (kernels.multiplyAddCount(1) / (2 * lanes));
    NDArray half = filled(TensorType.of(DType.F32, lanes));
    NDArray out = NDArray.allocate(TensorType.of(DType.F32, 2, chains, lanes));
    LoopInterpreter.run(function, List.of(half, half), List.of(out));
    // 0.5, 0.75, 0.875, 0.9375
    for (long i = 0; i < out.elements(); i++) {
      assertEquals(0.9375, out.getDouble(i));
    }
  }

  @Test
  void everyPassReadsEveryBlock() {
    PeakKernels kernels = new PeakKernels(HOST, 2);
    PrimFunc function = kernels.read(3, 2);
    LoopVerifier.verify(function);
    long lanes = HOST.lanes(Float.BYTES);
    long chains = kernels.blockBytes() / (2 * lanes * Float.BYTES);
    NDArray data = filled(TensorType.of(DType.F32, 2, 3, chains, lanes));
    NDArray out = NDArray.allocate(TensorType.of(DType.F32, 2, chains, lanes));
    LoopInterpreter.run(function, List.of(data), List.of(out));
    // The sums begin with the first block: one more than three blocks twice.
    for (long i = 0; i < out.elements(); i++) {
      assertEquals(3.5, out.getDouble(i));
    }
  }

  @Test
  void dataLieAtTheNearestLevelThatHoldsThem() {
    Caches caches = new Caches(32 << 10, 1 << 20, 0);
    assertEquals(MemoryLevel.L1, MemoryLevel.holding(48 << 10, caches, 2));
    assertEquals(MemoryLevel.L2, MemoryLevel.holding(48 << 10, caches, 1));
    assertEquals(MemoryLevel.DRAM, MemoryLevel.holding(5 << 20, caches, 2));
  }

  @Test
  void aMissingLevelHasTheBandwidthOfTheNext() {
    var peaks = new MachinePeaks(1, 100, Map.of(MemoryLevel.L1, 200.0, MemoryLevel.DRAM, 10.0), 0);
    assertEquals(200, peaks.bandwidth(MemoryLevel.L1));
    assertEquals(10, peaks.bandwidth(MemoryLevel.L2));
  }

  private static NDArray filled(TensorType type) {
    NDArray array = NDArray.allocate(type);
    for (long i = 0; i < array.elements(); i++) {
      array.setDouble(i, 0.5);
    }
    return array;
  }
}
