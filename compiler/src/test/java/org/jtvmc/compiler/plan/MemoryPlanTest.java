package org.jtvmc.compiler.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jtvmc.compiler.plan.Value.Result;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryPlanTest {

  private static final Function NOTHING = nothing();

  /** A block of memory that is needed from one step to another. */
  private record Life(long begin, long end, int first, int last) {
    boolean disturbs(Life other) {
      return first <= other.last && other.first <= last && begin < other.end && other.begin < end;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void liveTensorsNeverOverlap(long seed) {
    var random = new Random(seed);
    for (int round = 0; round < 30; round++) {
      var scratch = new ArrayList<Long>();
      var plan = random(random, scratch);
      var memory = MemoryPlan.of(plan, scratch);
      check(plan, scratch, memory, "seed " + seed + " round " + round);
    }
  }

  private static void check(
      ExecutionPlan plan, List<Long> scratch, MemoryPlan memory, String where) {
    List<Life> lives = new ArrayList<>();
    for (int use = 0; use < plan.uses().size(); use++) {
      for (var result : plan.uses().get(use).outputs()) {
        var output = memory.outputs().get(result);
        if (output != null) {
          assertEquals(result, plan.results().get(output).storage(), where);
          continue;
        }
        long begin = memory.offsets().get(result);
        assertEquals(0, begin % MemoryPlan.ALIGNMENT, where);
        lives.add(new Life(begin, begin + result.type().bytes(), use, lastUse(plan, result, use)));
      }
      if (scratch.get(use) > 0) {
        long begin = memory.scratch().get(use);
        lives.add(new Life(begin, begin + scratch.get(use), use, use));
      }
    }
    for (int i = 0; i < lives.size(); i++) {
      assertTrue(lives.get(i).end <= memory.bytes(), where);
      for (int j = 0; j < i; j++) {
        assertTrue(
            !lives.get(i).disturbs(lives.get(j)), where + ": " + lives.get(i) + lives.get(j));
      }
    }
    assertTrue(memory.lowerBound() <= memory.bytes(), where);
  }

  private static int lastUse(ExecutionPlan plan, Result result, int writer) {
    int last = writer;
    for (int use = 0; use < plan.uses().size(); use++) {
      if (plan.uses().get(use).inputs().stream().anyMatch(input -> input.storage() == result)) {
        last = use;
      }
    }
    return last;
  }

  /** A random chain with shortcuts, views and several results. */
  private static ExecutionPlan random(Random random, List<Long> scratch) {
    var input = new Value.Input(0, type(random.nextInt(1, 200)));
    List<Value> values = new ArrayList<>(List.of(input));
    List<KernelUse> uses = new ArrayList<>();
    Map<Integer, Result> results = new HashMap<>();
    int steps = random.nextInt(1, 25);
    for (int step = 0; step < steps; step++) {
      List<Value> inputs = new ArrayList<>();
      for (int i = random.nextInt(1, 4); i > 0; i--) {
        inputs.add(values.get(random.nextInt(values.size())));
      }
      List<Result> outputs = new ArrayList<>();
      for (int i = random.nextInt(1, 3); i > 0; i--) {
        outputs.add(new Result(type(random.nextInt(1, 500))));
      }
      uses.add(new KernelUse(NOTHING, "step" + step, inputs, outputs));
      scratch.add(random.nextInt(4) == 0 ? random.nextLong(1, 1000) : 0);
      values.addAll(outputs);
      if (random.nextInt(3) == 0) {
        var of = outputs.getFirst();
        values.add(new Value.View(of, TensorType.of(DType.F32, 1, of.type().elements())));
      }
      if (step == steps - 1 || random.nextInt(5) == 0) {
        results.put(results.size(), outputs.getLast());
      }
    }
    return new ExecutionPlan(
        List.of(input.type()), uses, List.copyOf(results.values()), results.size());
  }

  @Test
  void aChainNeedsTwoOfItsLargestTensors() {
    var input = new Value.Input(0, type(100));
    List<KernelUse> uses = new ArrayList<>();
    Value last = input;
    List<Long> scratch = new ArrayList<>();
    Result result = null;
    for (int i = 0; i < 10; i++) {
      result = new Result(type(64));
      uses.add(new KernelUse(NOTHING, "", List.of(last), List.of(result)));
      scratch.add(0L);
      last = result;
    }
    var plan = new ExecutionPlan(List.of(input.type()), uses, List.of(result), 1);

    var memory = MemoryPlan.of(plan, scratch);

    assertEquals(2 * 256, memory.bytes());
    assertEquals(memory.lowerBound(), memory.bytes());
    assertEquals(0, memory.outputs().get(result));
  }

  private static TensorType type(long elements) {
    return TensorType.of(DType.F32, elements);
  }

  private static Function nothing() {
    var x = new Var("x", type(1));
    return new Function(List.of(x), x);
  }
}
