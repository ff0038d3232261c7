package org.jtvmc.schedule.lower;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.schedule.step.Step;
import org.jtvmc.schedule.step.StepCodec;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every point of the design space is a schedule that computes the right thing: none is refused, and
 * none is wrong. Narrow vectors make the small workloads wide.
 */
class DesignSpaceTest {
  private static final long SEED = Long.getLong("jtvmc.seed", 20261122);
  private static final int CANDIDATES = Integer.getInteger("jtvmc.candidates", 25);

  private static final CpuTarget TARGET =
      new CpuTarget(
          "x86_64-unknown-linux-gnu",
          "x86-64",
          new TreeSet<>(Set.of("sse2")),
          2,
          CpuTarget.Caches.TYPICAL);

  @TestFactory
  Stream<DynamicTest> everyCandidateComputesWhatTheUnscheduledExpressionDoes() {
    return Workloads.all().entrySet().stream()
        .map(
            workload ->
                DynamicTest.dynamicTest(
                    workload.getKey() + ", seed " + SEED, () -> checkMany(workload.getValue())));
  }

  private static void checkMany(ComputeDag dag) {
    checkMany(dag, DesignSpace.of(dag, TARGET));
  }

  private static void checkMany(ComputeDag dag, DesignSpace space) {
    LoweredCheck check = new LoweredCheck(dag);
    Random random = new Random(SEED);
    Candidate candidate = space.defaultCandidate();
    check(check, candidate);
    for (int i = 0; i < CANDIDATES; i++) {
      Candidate next = space.random(random);
      check(check, next);
      Optional<Candidate> mutated = space.mutate(next, random);
      if (mutated.isPresent()) {
        check(check, mutated.get());
      }
      candidate = space.crossover(candidate, next, random);
      check(check, candidate);
    }
  }

  private static void check(LoweredCheck check, Candidate candidate) {
    try {
      check.check(candidate.schedule());
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(
          candidate.values() + "\n" + StepCodec.write(candidate.steps()) + "\n" + e, e);
    }
  }

  @Test
  void aCandidateIsMadeAgainFromItsStepsAndFromItsDecisions() {
    ComputeDag dag = Workloads.dense();
    DesignSpace space = DesignSpace.of(dag, TARGET);
    Candidate candidate = space.random(new Random(SEED));
    List<Step> steps = StepCodec.read(StepCodec.write(candidate.steps()));
    assertEquals(
        Lowering.lower(candidate.schedule(), "k").func().toString(),
        Lowering.lower(Schedule.replay(dag, steps), "k").func().toString());
    assertEquals(candidate.steps(), space.replay(candidate.values()).steps());
  }

  @Test
  void neighboursDifferFromEachOtherAndFromTheirCentre() {
    DesignSpace space = DesignSpace.of(Workloads.dense(), TARGET);
    Candidate centre = space.defaultCandidate();
    Set<Map<String, String>> seen = new HashSet<>();
    seen.add(centre.values());
    for (Candidate neighbour : space.neighbours(centre)) {
      assertTrue(seen.add(neighbour.values()), () -> "twice: " + neighbour.values());
    }
    assertTrue(seen.size() > 5);
  }

  @Test
  void aMatrixProductIsTiledInRegistersAndItsWeightsArePacked() {
    Candidate candidate = DesignSpace.of(Workloads.dense(), TARGET).defaultCandidate();
    String loops = Lowering.lower(candidate.schedule(), "k").func().toString();
    assertTrue(loops.contains("allocate local"), loops);
    assertTrue(loops.contains("w.pack"), loops);
    assertTrue(loops.contains("vectorized for"), loops);
  }

  @Test
  void attentionKeepsAFewRowsOfItsScores() {
    ComputeDag dag = Workloads.attention();
    DesignSpace space = DesignSpace.of(dag, TARGET);
    String rows = space.defaultCandidate().values().get("out.rows");
    String loops = Lowering.lower(space.defaultCandidate().schedule(), "k").func().toString();
    assertTrue(loops.contains("allocate local scores: float32[1, " + rows + ", 9]"), loops);
    assertTrue(loops.contains("allocate local weights: float32[1, " + rows + ", 9]"), loops);
    assertFalse(loops.contains("allocate global"), loops);
  }

  /** What is added to all images of a batch is no operand of a product, and makes no tile. */
  @Test
  void aNormOfSumsWithABroadcastOperandPassesOverItsRowsOnceInBlocks() {
    ComputeDag dag = Workloads.embeddingNorm();
    String loops =
        Lowering.lower(DesignSpace.of(dag, TARGET).defaultCandidate().schedule(), "k")
            .func()
            .toString();
    assertEquals(1, loops.lines().filter(line -> line.contains("for i1_0 in")).count(), loops);
    assertTrue(loops.contains("allocate local squares: float32[1, 4]"), loops);
    assertFalse(loops.contains("allocate global"), loops);
  }

  @TestFactory
  Stream<DynamicTest> productsOfNarrowNumbersAreOneInstructionAStep() {
    return Stream.of(
            Workloads.narrowDense(DType.BF16, DType.BF16, DType.F32),
            Workloads.narrowDense(DType.U8, DType.I8, DType.I32))
        .map(dag -> DynamicTest.dynamicTest(dag.inputs().toString(), () -> checkNarrow(dag)));
  }

  private static void checkNarrow(ComputeDag dag) {
    Set<String> features = Set.of("avx", "avx2", "avx512f", "avx512vl", "avx512vnni", "avx512bf16");
    CpuTarget target =
        new CpuTarget(
            TARGET.triple(), "znver5", new TreeSet<>(features), 2, CpuTarget.Caches.TYPICAL);
    DesignSpace space = DesignSpace.of(dag, target);
    assertTrue(StepCodec.write(space.defaultCandidate().steps()).contains("x86.dot"));
    assertFalse(
        StepCodec.write(DesignSpace.of(dag, TARGET).defaultCandidate().steps())
            .contains("x86.dot"));
    checkMany(dag, space);
  }
}
