package org.jtvmc.tests.kernels;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jtvmc.codegen.kernel.KernelCompiler;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.schedule.step.StepCodec;
import org.junit.jupiter.api.Test;

/**
 * A change that is not meant to alter kernels leaves every one of them, byte for byte. Each line of
 * the accepted file tells which part changed: the computation, the default schedule, the loops, or
 * only the object code.
 */
class KernelReplayTest {

  @Test
  void defaultKernelsAreTheAcceptedOnes() throws IOException {
    CpuTarget target = WorkloadKernels.target(HostCpu.detect().target());
    StringBuilder lines = new StringBuilder("workload computation schedule loops code\n");
    try (KernelCompiler compiler = new KernelCompiler(target)) {
      for (String name : WorkloadKernels.names()) {
        List<ComputeDag> dags = WorkloadKernels.of(name);
        for (ComputeDag dag : dags) {
          Candidate candidate = DesignSpace.of(dag, target).defaultCandidate();
          LoweredKernel lowered = Lowering.lower(candidate.schedule(), "kernel");
          lines
              .append(name)
              .append(' ')
              .append(dag.workloadHash(), 0, 12)
              .append(' ')
              .append(hash(StepCodec.write(candidate.steps()).getBytes(StandardCharsets.UTF_8)))
              .append(' ')
              .append(hash(lowered.func().toString().getBytes(StandardCharsets.UTF_8)))
              .append(' ')
              .append(hash(compiler.compile(lowered.func()).code()))
              .append('\n');
        }
      }
    }
    AcceptedText.of("replay.txt").check(lines.toString());
  }

  private static String hash(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(digest, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
