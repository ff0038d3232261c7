package org.jtvmc.codegen.peak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.interpret.LoopInterpreter;
import org.jtvmc.ir.loop.LoopVerifier;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;

class PeakMeterTest {
  private static final CpuTarget HOST = HostCpu.detect().target();

  @Test
  void measuresFiniteSpeeds() {
    try (PeakMeter meter = new PeakMeter(HOST, 1)) {
      for (double speed :
          List.of(
              meter.multiplyAddGflops(),
              meter.readGigabytesPerSecond(1 << 16),
              meter.copyGigabytesPerSecond(1 << 16))) {
        assertTrue(speed > 0 && Double.isFinite(speed), "speed " + speed);
      }
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

  private static NDArray filled(TensorType type) {
    NDArray array = NDArray.allocate(type);
    for (long i = 0; i < array.elements(); i++) {
      array.setDouble(i, 0.5);
    }
    return array;
  }
}
