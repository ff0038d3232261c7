package org.jtvmc.schedule.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.step.AutoUnroll;
import org.jtvmc.schedule.step.CacheWrite;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Fuse;
import org.jtvmc.schedule.step.Inline;
import org.jtvmc.schedule.step.Pack;
import org.jtvmc.schedule.step.Parallel;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Rfactor;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Step;
import org.jtvmc.schedule.step.Vectorize;
import org.junit.jupiter.api.Test;

/** The loops that typical schedules come to, as text. */
class LoweringTest {

  private static LoweredKernel lower(ComputeDag dag, Step... steps) {
    return Lowering.lower(Schedule.replay(dag, List.of(steps)), "kernel");
  }

  @Test
  void tiledProductInsideItsConsumerWithPackedWeights() {
    LoweredKernel kernel =
        lower(
            Workloads.dense(),
            new Inline("added"),
            new Split("relu", "i0", List.of(4L)),
            new Split("relu", "i1", List.of(8L)),
            new Reorder("relu", List.of("i0.0", "i1.0", "i0.1", "i1.1")),
            new Fuse("relu", List.of("i0.0", "i1.0")),
            new Parallel("relu", "i0.0+i1.0"),
            new Vectorize("relu", "i1.1"),
            new ComputeAt("dense", "relu", "i0.0+i1.0"),
            new Reorder("dense", List.of("r0", "i0", "i1")),
            new Vectorize("dense", "i1"),
            new AutoUnroll("dense", 16),
            new Pack("w", "dense"));
    assertEquals(
        """
        func kernel(x: float32[12, 16], w.pack: float32[3, 16, 8], bias: float32[20], out relu: float32[12, 20]) {
          parallel for i0_0_i1_0 in 0..9 {
            allocate local dense: float32[4, 8]
            unrolled for i0 in 0..4 {
              vectorized for i1 in 0..8 {
                if likely ((((i0_0_i1_0 % 3) * 8) + i1) < 20) {
                  dense[i0, i1] = 0.0f
                }
              }
            }
            serial for r0 in 0..16 {
              unrolled for i0_1 in 0..4 {
                vectorized for i1_1 in 0..8 {
                  if likely ((((i0_0_i1_0 % 3) * 8) + i1_1) < 20) {
                    dense[i0_1, i1_1] = (dense[i0_1, i1_1] + (x[(((i0_0_i1_0 // 3) * 4) + i0_1), r0] * w.pack[(i0_0_i1_0 % 3), r0, i1_1]))
                  }
                }
              }
            }
            serial for i0_1_1 in 0..4 {
              vectorized for i1_1_1 in 0..8 {
                if likely ((((i0_0_i1_0 % 3) * 8) + i1_1_1) < 20) {
                  relu[(((i0_0_i1_0 // 3) * 4) + i0_1_1), (((i0_0_i1_0 % 3) * 8) + i1_1_1)] = max((dense[i0_1_1, i1_1_1] + bias[(((i0_0_i1_0 % 3) * 8) + i1_1_1)]), 0.0f)
                }
              }
            }
          }
        }
        """,
        kernel.func().toString());
    assertEquals(
        """
        func pack(w: float32[16, 20], out w.pack: float32[3, 16, 8]) {
          serial for p0 in 0..3 {
            serial for p1 in 0..16 {
              serial for p2 in 0..8 {
                if likely (((p0 * 8) + p2) < 20) {
                  w.pack[p0, p1, p2] = w[p1, ((p0 * 8) + p2)]
                } else {
                  w.pack[p0, p1, p2] = 0.0f
                }
              }
            }
          }
        }
        """,
        kernel.packed().getFirst().packing().toString());
  }

  @Test
  void cacheInsideTheConsumerOfItsStage() {
    assertEquals(
        """
        func kernel(x: float32[4, 9, 10], w: float32[6, 4, 3, 3], out relu: float32[6, 5, 5]) {
          serial for i0 in 0..6 {
            serial for i1 in 0..5 {
              allocate local conv.cache: float32[1, 1, 5]
              allocate local conv: float32[1, 1, 5]
              serial for i2 in 0..5 {
                conv.cache[0, 0, i2] = 0.0f
                serial for r0 in 0..4 {
                  serial for r1 in 0..3 {
                    serial for r2 in 0..3 {
                      conv.cache[0, 0, i2] = (conv.cache[0, 0, i2] + (select((((((i1 * 2) + r1) >= 1) and (((i1 * 2) + r1) < 10)) and (((i2 * 2) + r2) >= 1)), x[r0, (((i1 * 2) + r1) - 1), (((i2 * 2) + r2) - 1)], 0.0f) * w[i0, r0, r1, r2]))
                    }
                  }
                }
              }
              serial for i2_1 in 0..5 {
                conv[0, 0, i2_1] = conv.cache[0, 0, i2_1]
              }
              serial for i2_2 in 0..5 {
                relu[i0, i1, i2_2] = max(conv[0, 0, i2_2], 0.0f)
              }
            }
          }
        }
        """,
        lower(
                Workloads.convolution(2, 1, 1),
                new Inline("pad"),
                new CacheWrite("conv"),
                new ComputeAt("conv", "relu", "i1"),
                new ComputeAt("conv.cache", "relu", "i1"))
            .func()
            .toString());
  }

  @Test
  void regionOfAProducerFollowsStrideAndWindow() {
    assertEquals(
        """
        func kernel(x: float32[4, 9, 10], w: float32[6, 4, 3, 3], out relu: float32[6, 5, 5]) {
          allocate global conv: float32[6, 5, 5]
          serial for i0 in 0..6 {
            serial for i1_0 in 0..3 {
              allocate local pad: float32[4, 5, 11]
              serial for i0_1 in 0..4 {
                serial for i1 in 0..5 {
                  if likely (((i1_0 * 4) + i1) < 11) {
                    serial for i2 in 0..11 {
                      pad[i0_1, i1, i2] = select((((((i1_0 * 4) + i1) >= 1) and (((i1_0 * 4) + i1) < 10)) and (i2 >= 1)), x[i0_1, (((i1_0 * 4) + i1) - 1), (i2 - 1)], 0.0f)
                    }
                  }
                }
              }
              serial for i1_1 in 0..2 {
                if likely (((i1_0 * 2) + i1_1) < 5) {
                  serial for i2_1 in 0..5 {
                    conv[i0, ((i1_0 * 2) + i1_1), i2_1] = 0.0f
                    serial for r0 in 0..4 {
                      serial for r1 in 0..3 {
                        serial for r2 in 0..3 {
                          conv[i0, ((i1_0 * 2) + i1_1), i2_1] = (conv[i0, ((i1_0 * 2) + i1_1), i2_1] + (pad[r0, ((i1_1 * 2) + r1), ((i2_1 * 2) + r2)] * w[i0, r0, r1, r2]))
                        }
                      }
                    }
                  }
                }
              }
            }
          }
          serial for i0_2 in 0..6 {
            serial for i1_2 in 0..5 {
              serial for i2_2 in 0..5 {
                relu[i0_2, i1_2, i2_2] = max(conv[i0_2, i1_2, i2_2], 0.0f)
              }
            }
          }
        }
        """,
        lower(
                Workloads.convolution(2, 1, 1),
                new Split("conv", "i1", List.of(2L)),
                new ComputeAt("pad", "conv", "i1.0"))
            .func()
            .toString());
  }

  @Test
  void factoredReductionHasItsPartialResultsInAVector() {
    assertEquals(
        """
        func kernel(x: float32[7, 12], out out: float32[7, 12]) {
          serial for i0 in 0..7 {
            allocate local max: float32[1]
            allocate local sum: float32[1]
            max[0] = -Infinityf
            serial for r0 in 0..12 {
              max[0] = max(max[0], x[i0, r0])
            }
            allocate local sum.rf: float32[1, 4]
            vectorized for r0_1 in 0..4 {
              sum.rf[0, r0_1] = 0.0f
            }
            serial for r0_0 in 0..3 {
              vectorized for r0_1_1 in 0..4 {
                sum.rf[0, r0_1_1] = (sum.rf[0, r0_1_1] + (x[i0, ((r0_0 * 4) + r0_1_1)] - max[0]))
              }
            }
            sum[0] = 0.0f
            vectorized for r0_1_2 in 0..4 {
              sum[0] = (sum[0] + sum.rf[0, r0_1_2])
            }
            serial for i1 in 0..12 {
              out[i0, i1] = ((x[i0, i1] - max[0]) * sum[0])
            }
          }
        }
        """,
        lower(
                Workloads.softmax(),
                new Inline("e"),
                new Split("sum", "r0", List.of(4L)),
                new Rfactor("sum", "r0.1"),
                new ComputeAt("sum.rf", "sum", "i0"),
                new Reorder("sum.rf", List.of("r0.0", "r0.1")),
                new Vectorize("sum.rf", "r0.1"),
                new Vectorize("sum", "r0.1"),
                new ComputeAt("max", "out", "i0"),
                new ComputeAt("sum", "out", "i0"))
            .func()
            .toString());
  }
}
