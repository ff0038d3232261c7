package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jtvmc.codegen.cuda.DeviceCompiler;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.emit.SharedSpace;
import org.jtvmc.ir.expr.Sizes;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.jtvmc.tuner.feature.Statement;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What the model of a GPU counts of shared memory is what the code takes. */
class SharedBytesTest {
  private static final long SEED = Long.getLong("jtvmc.seed", 20261128);

  /** The array that is part of an entry's code. */
  private static final Pattern ARRAY =
      Pattern.compile("\\.shared \\.align \\d+ \\.b8 (\\w+)_smem\\[(\\d+)\\]");

  @TestFactory
  Stream<DynamicTest> countedAsInTheCode() {
    return Stream.concat(
            Stream.of(75, 80).map(CudaTarget::typical),
            Stream.of(CudaTarget.typical(90).mostSpecific()))
        .map(target -> DynamicTest.dynamicTest(target.name(), () -> compare(target)));
  }

  /** The default schedules of all, and one at random of each computation. */
  private static void compare(CudaTarget target) {
    SplittableRandom random = new SplittableRandom(SEED);
    boolean overlaid = false;
    try (DeviceCompiler compiler = new DeviceCompiler(target)) {
      for (ComputeDag dag : ZooKernels.chosen(target).values()) {
        overlaid |= compare(compiler, DesignSpace.of(dag, target).defaultCandidate());
      }
      for (ComputeDag dag : Computations.all().values()) {
        DesignSpace space = DesignSpace.of(dag, target);
        overlaid |= compare(compiler, space.defaultCandidate());
        overlaid |= compare(compiler, space.random(random));
      }
    }
    assertTrue(overlaid, "no buffers share bytes, so that nothing is shown");
  }

  /** Returns whether some buffers share bytes. */
  private static boolean compare(DeviceCompiler compiler, Candidate candidate) {
    PrimFunc function = Lowering.lower(candidate.schedule(), "kernel").func();
    List<Long> counted = counted(function);
    String name = candidate.schedule().dag() + " " + candidate.values();
    assertEquals(taken(compiler.compile(function)), counted, name);
    return counted.stream().mapToLong(Long::longValue).sum() < allocated(function);
  }

  /** Of each launch, by its statements. */
  private static List<Long> counted(PrimFunc function) {
    Set<Stmt> nests = Collections.newSetFromMap(new IdentityHashMap<>());
    return LoopAnalysis.of(function).statements().stream()
        .map(Statement::nest)
        .filter(nests::add)
        .map(SharedSpace::bytes)
        .toList();
  }

  /** Of all shared buffers of a function together. */
  private static long allocated(PrimFunc function) {
    long[] bytes = {0};
    Stmts.forEach(
        function.body(),
        stmt -> {
          if (stmt instanceof Stmt.Allocate(Buffer buffer, _) && buffer.scope() == Scope.SHARED) {
            bytes[0] += buffer.dtype().bytes() * Sizes.usual(Sizes.product(buffer.shape()));
          }
        });
    return bytes[0];
  }

  /** Of each launch: what it gives, or what lies in the code. */
  private static List<Long> taken(DeviceKernel kernel) {
    return kernel.launches().stream().map(launch -> taken(launch, kernel.ptx())).toList();
  }

  private static long taken(Launch launch, String ptx) {
    long bytes = launch.sharedBytes();
    Matcher array = ARRAY.matcher(ptx);
    while (array.find()) {
      bytes += array.group(1).equals(launch.entry()) ? Long.parseLong(array.group(2)) : 0;
    }
    return bytes;
  }
}
