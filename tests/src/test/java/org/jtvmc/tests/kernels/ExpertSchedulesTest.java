package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.schedule.step.Step;
import org.jtvmc.schedule.step.StepCodec;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The schedule that an expert writes for a workload is one that the rules can build. Each entry of
 * {@code expert.txt} has the workload's name with the decisions that lead there, and the steps.
 */
class ExpertSchedulesTest {
  private static final CpuTarget TARGET = WorkloadKernels.target(HostCpu.detect().target());

  /** A hand-written schedule. */
  private record Expert(String workload, Map<String, String> decisions, List<Step> steps) {}

  private static List<Expert> experts() throws IOException {
    String[] entries = AcceptedText.of("expert.txt").read().strip().split("\n\n");
    return Stream.of(entries).map(ExpertSchedulesTest::expert).toList();
  }

  private static Expert expert(String entry) {
    String[] lines = entry.split("\n");
    String[] words = lines[0].split(" ");
    Map<String, String> decisions = new LinkedHashMap<>();
    for (int i = 1; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      decisions.put(words[i].substring(0, equals), words[i].substring(equals + 1));
    }
    String steps = String.join("", List.of(lines).subList(1, lines.length));
    return new Expert(words[0], decisions, StepCodec.read(steps));
  }

  @TestFactory
  Stream<DynamicTest> theRulesBuildTheExpertsSchedule() throws IOException {
    return experts().stream()
        .map(expert -> DynamicTest.dynamicTest(expert.workload(), () -> check(expert)));
  }

  private static void check(Expert expert) {
    ComputeDag dag = WorkloadKernels.main(expert.workload());
    Schedule own = Schedule.replay(dag, expert.steps());
    assertFalse(Lowering.lower(own, "kernel").func().outputs().isEmpty());
    assertEquals(
        StepCodec.write(expert.steps()),
        StepCodec.write(DesignSpace.of(dag, TARGET).replay(expert.decisions()).steps()));
  }

  @Test
  void everyWorkloadHasAnExpert() throws IOException {
    assertEquals(
        WorkloadKernels.names(),
        experts().stream().map(Expert::workload).distinct().sorted().toList());
  }
}
