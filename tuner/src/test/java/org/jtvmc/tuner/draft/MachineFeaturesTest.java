package org.jtvmc.tuner.draft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.tuner.feature.FeatureExtractor;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.jtvmc.tuner.feature.ProgramFeatures;
import org.junit.jupiter.api.Test;

/** The features in units of a machine, worked out by hand; a column that is not named is zero. */
class MachineFeaturesTest {
  /** Four cores, vectors of eight lanes, sixteen registers. */
  private static final CpuTarget CPU =
      new CpuTarget(
          "x86_64-unknown-linux-gnu",
          "x86-64-v3",
          new TreeSet<>(List.of("avx", "avx2", "fma")),
          4,
          CpuTarget.Caches.TYPICAL);

  private final PrimVar i = PrimVar.index("i");
  private final PrimVar j = PrimVar.index("j");
  private final PrimVar k = PrimVar.index("k");

  private static Buffer buffer(String name, long... shape) {
    return Buffer.dense(name, DType.F32, Tensor.sizes(shape), Scope.GLOBAL);
  }

  private static Stmt loop(PrimVar var, long extent, ForKind kind, Stmt body) {
    return new Stmt.For(var, IntImm.of(0), IntImm.of(extent), kind, body);
  }

  private static double log(double value) {
    return Math.log1p(value) / Math.log(2);
  }

  private static void check(Map<String, Double> expected, ProgramFeatures actual, int row) {
    for (int c = FeatureExtractor.LENGTH; c < MachineFeatures.NAMES.size(); c++) {
      String name = MachineFeatures.NAMES.get(c);
      assertEquals(expected.getOrDefault(name, 0.0), actual.at(row, c), 1e-5, name);
    }
    assertTrue(MachineFeatures.NAMES.containsAll(expected.keySet()), expected::toString);
  }

  /**
   * {@code b[i, j] = a[i, 2 j] + 1} over 64 x 16, the rows in parallel, the columns vectorised: of
   * the eight lanes of a vector each second element is read.
   */
  @Test
  void anElementwiseKernelThatReadsEverySecondElement() {
    Buffer a = buffer("a", 64, 32);
    Buffer b = buffer("b", 64, 16);
    PrimExpr value = new Load(a, List.of(i, j.times(IntImm.of(2)))).plus(FloatImm.f32(1));
    Stmt store = new Stmt.Store(b, List.of(i, j), value);
    Stmt body = loop(i, 64, ForKind.PARALLEL, loop(j, 16, ForKind.VECTORIZED, store));
    LoopAnalysis loops = LoopAnalysis.of(new PrimFunc("f", List.of(a), List.of(b), body));

    // 64 x 2 vectors: half a cycle each for the addition; two loads of neighbours, of which every
    // other is picked, at two a cycle and one store a cycle; a jump of 1.2 cycles for each 2
    // vectors.
    double vectors = 128;
    double work = vectors / 2;
    double moves = vectors * 2 / 2 + vectors;
    double jumps = vectors / 2 * 1.2;
    double issue = moves + jumps;
    double cycles = issue / 4;
    double all = cycles + 12_000;
    Map<String, Double> expected = new LinkedHashMap<>();
    expected.put("machine.cycles", log(cycles));
    expected.put("machine.share", cycles / all);
    expected.put("machine.efficiency", work / 4 / cycles);
    expected.put("machine.fill", 1.0);
    expected.put("machine.code", log(2 * (1 + 2) / 3000.0));
    expected.put("machine.balance", 1.0);
    expected.put("machine.chunks", log(16));
    expected.put("machine.cores", 4.0);
    expected.put("machine.program_efficiency", work / 4 / all);
    expected.put("machine.statements", 1.0);
    expected.put("issue.moves_over_work", log(moves / work));
    expected.put("issue.jumps", jumps / issue);
    expected.put("access.strided", log(1));
    expected.put("statement.indexing", log(1));
    expected.put("statement.innermost_trips", log(1));
    expected.put("program.waking", 12_000 / all);
    expected.put("program.size", log(all / 12_000));
    check(expected, new MachineFeatures(CPU).extract(loops), 0);
    ProgramFeatures same = new MachineFeatures(CPU).relativeTo(loops).extract(loops);
    check(expected, same, 0);
  }

  /**
   * A sum over k into a vector of 8, behind a condition: one accumulator where eight would hide the
   * latency. Compared with the same that has eight rows under way it takes eight times the work.
   */
  @Test
  void aReductionWithOneAccumulatorAgainstOneWithEight() {
    Buffer a = buffer("a", 64, 32, 8);
    Buffer c = buffer("c", 64, 8);
    PrimExpr sum = new Load(c, List.of(i, j)).plus(new Load(a, List.of(i, k, j)));
    Stmt store = new Stmt.Store(c, List.of(i, j), sum);
    Stmt vector = loop(j, 8, ForKind.VECTORIZED, store);
    Stmt guarded = Stmt.If.guard(i.lessThan(IntImm.of(60)), vector);
    LoopAnalysis one =
        LoopAnalysis.of(
            new PrimFunc(
                "f",
                List.of(a),
                List.of(c),
                loop(i, 64, ForKind.SERIAL, loop(k, 32, ForKind.SERIAL, guarded))));
    PrimVar outer = PrimVar.index("o");
    PrimExpr row = outer.times(IntImm.of(8)).plus(i);
    PrimExpr sums = new Load(c, List.of(row, j)).plus(new Load(a, List.of(row, k, j)));
    Stmt tile =
        loop(
            i,
            8,
            ForKind.UNROLLED,
            loop(j, 8, ForKind.VECTORIZED, new Stmt.Store(c, List.of(row, j), sums)));
    LoopAnalysis eight =
        LoopAnalysis.of(
            new PrimFunc(
                "f",
                List.of(a),
                List.of(c),
                loop(outer, 8, ForKind.SERIAL, loop(k, 32, ForKind.SERIAL, tile))));

    double executions = 64 * 32;
    double work = executions / 2 * 8;
    double jumps = executions * 1.2;
    double cycles = work + jumps;
    // All is more than the first cache holds; each half line of c brings the whole one.
    double l2 = 64 * 32 * 8 * 4 + 64 * 64;
    Map<String, Double> expected = new LinkedHashMap<>();
    expected.put("machine.cycles", log(cycles));
    expected.put("machine.share", 1.0);
    expected.put("machine.efficiency", executions / 2 / 4 / cycles);
    expected.put("machine.l2_over_issue", log(l2 / 48 / cycles));
    expected.put("machine.fill", 1.0);
    expected.put("machine.registers", 1 / 16.0);
    expected.put("machine.code", log((1 + 2) / 3000.0));
    expected.put("machine.balance", 1 / 4.0);
    expected.put("machine.cores", 4.0);
    expected.put("machine.program_efficiency", executions / 2 / 4 / cycles);
    expected.put("machine.statements", 1.0);
    expected.put("issue.latency", log(7));
    expected.put("issue.moves_over_work", log(executions / 2 / work));
    expected.put("issue.jumps", jumps / cycles);
    expected.put("access.contiguous", log(1));
    expected.put("statement.guards", 1.0);
    expected.put("statement.innermost_trips", log(32));
    expected.put("program.size", log(cycles / 12_000));
    // Eight rows of c fill their four lines; what comes from the second cache is the slowest.
    double otherIssue = executions / 2 + executions / 8 * 1.2;
    double otherL2 = 64 * 32 * 8 * 4 + 64 * 8 * 4;
    expected.put("relative.time", log(otherL2 / 48) - log(cycles));
    expected.put("relative.issue", log(otherIssue) - log(cycles));
    expected.put("relative.memory", log(otherL2 / 48) - log(l2 / 48));
    check(expected, new MachineFeatures(CPU).relativeTo(eight).extract(one), 0);
  }
}
