package org.jtvmc.codegen.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jtvmc.codegen.emit.InstructionSet;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.LoopPrinter;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.type.DType;
import org.junit.jupiter.api.Test;

/** Each pass on the example of its description. */
class CpuPassesTest {
  private static final CpuTarget TARGET =
      new CpuTarget(
          "x86_64-unknown-linux-gnu",
          "skylake-avx512",
          new TreeSet<>(Set.of("avx", "avx512f")),
          1,
          CpuTarget.Caches.TYPICAL);

  private final PrimVar i = PrimVar.index("i");
  private final PrimVar j = PrimVar.index("j");
  private final Buffer a = buffer("a", 300);
  private final Buffer c = buffer("c", 300);

  private static Buffer buffer(String name, long size) {
    return Buffer.dense(name, DType.F32, List.of(IntImm.of(size)), Scope.GLOBAL);
  }

  private static Stmt loop(ForKind kind, PrimVar variable, long extent, Stmt body) {
    return new Stmt.For(variable, IntImm.of(0), IntImm.of(extent), kind, body);
  }

  private Stmt copy(PrimExpr at) {
    return new Stmt.Store(c, List.of(at), new Load(a, List.of(at)));
  }

  private String run(Pass<PrimFunc> pass, Stmt body) {
    PrimFunc before = new PrimFunc("f", List.of(a), List.of(c), body);
    PrimFunc after = pass.apply(before);
    String text = LoopPrinter.print(after.body());
    assertEquals(text, LoopPrinter.print(pass.apply(after).body()), "again");
    return text;
  }

  @Test
  void aLoopIsPeeledWhereItsGuardChanges() {
    PrimExpr at = i.times(8).plus(j);
    Stmt guarded = Stmt.If.guard(at.lessThan(20), copy(at));
    Stmt body = loop(ForKind.SERIAL, i, 3, loop(ForKind.VECTORIZED, j, 8, guarded));
    assertEquals(
        """
        serial for i in 0..2 {
          vectorized for j in 0..8 {
            c[((i * 8) + j)] = a[((i * 8) + j)]
          }
        }
        vectorized for j_1 in 0..4 {
          c[(16 + j_1)] = a[(16 + j_1)]
        }
        """,
        run(new PeelLoops(), body));
  }

  @Test
  void aParallelLoopChoosesBetweenItsParts() {
    PrimExpr at = i.times(8).plus(j);
    Stmt guarded = Stmt.If.guard(at.lessThan(20), copy(at));
    Stmt body = loop(ForKind.PARALLEL, i, 3, loop(ForKind.VECTORIZED, j, 8, guarded));
    assertEquals(
        """
        parallel for i in 0..3 {
          if (i < 2) {
            vectorized for j in 0..8 {
              c[((i * 8) + j)] = a[((i * 8) + j)]
            }
          } else {
            vectorized for j_1 in 0..4 {
              c[(16 + j_1)] = a[(16 + j_1)]
            }
          }
        }
        """,
        run(new PeelLoops(), body));
  }

  @Test
  void nestedParallelLoopsBecomeOne() {
    Stmt body =
        loop(ForKind.PARALLEL, i, 3, loop(ForKind.PARALLEL, j, 5, copy(i.times(5).plus(j))));
    assertEquals(
        """
        parallel for i_j in 0..15 {
          c[(((i_j // 5) * 5) + (i_j % 5))] = a[(((i_j // 5) * 5) + (i_j % 5))]
        }
        """,
        run(new CollapseParallelLoops(), body));
  }

  @Test
  void aLongVectorLoopIsCutIntoRegisters() {
    assertEquals(
        """
        serial for i_strip in 0..18 {
          vectorized for i in (i_strip * 16)..((i_strip * 16) + 16) {
            c[i] = a[i]
          }
        }
        vectorized for i_1 in 288..300 {
          c[i_1] = a[i_1]
        }
        """,
        run(
            new LegalizeVectorLoops(InstructionSet.of(TARGET)),
            loop(ForKind.VECTORIZED, i, 300, copy(i))));
  }

  @Test
  void aVectorLoopThatOverwritesOneElementIsSerial() {
    Stmt store = new Stmt.Store(c, List.of(IntImm.of(7)), new Load(a, List.of(i)));
    assertEquals(
        """
        serial for i in 0..8 {
          c[7] = a[i]
        }
        """,
        run(
            new LegalizeVectorLoops(InstructionSet.of(TARGET)),
            loop(ForKind.VECTORIZED, i, 8, store)));
  }

  @Test
  void anAccumulatedElementIsKeptInATile() {
    PrimExpr sum = new Load(c, List.of(j)).plus(new Load(a, List.of(i.times(16).plus(j))));
    Stmt step = new Stmt.Store(c, List.of(j), sum);
    Stmt body = loop(ForKind.SERIAL, i, 10, loop(ForKind.VECTORIZED, j, 16, step));
    assertEquals(
        """
        allocate local c_tile: float32[16]
        vectorized for j in 0..16 {
          c_tile[j] = c[j]
        }
        serial for i in 0..10 {
          vectorized for j_1 in 0..16 {
            c_tile[j_1] = (c_tile[j_1] + a[((i * 16) + j_1)])
          }
        }
        vectorized for j_2 in 0..16 {
          c[j_2] = c_tile[j_2]
        }
        """,
        run(new AccumulateInRegisters(InstructionSet.of(TARGET)), body));
  }

  @Test
  void lanesThatShareAnElementAddUpApart() {
    PrimExpr one = IntImm.of(1);
    PrimExpr sum = new Load(c, List.of(one)).plus(new Load(a, List.of(i.times(16).plus(j))));
    Stmt step = new Stmt.Store(c, List.of(one), sum);
    Stmt body = loop(ForKind.SERIAL, i, 10, loop(ForKind.VECTORIZED, j, 16, step));
    assertEquals(
        """
        allocate local c_tile: float32[16]
        vectorized for j in 0..16 {
          c_tile[j] = 0.0f
        }
        serial for i in 0..10 {
          vectorized for j_1 in 0..16 {
            c_tile[j_1] = (c_tile[j_1] + a[((i * 16) + j_1)])
          }
        }
        vectorized for j_2 in 0..16 {
          c[1] = (c[1] + c_tile[j_2])
        }
        """,
        run(new AccumulateInRegisters(InstructionSet.of(TARGET)), body));
  }

  @Test
  void whatNeedsNoChangeStaysTheSameObject() {
    Stmt body = loop(ForKind.SERIAL, i, 300, copy(i));
    PrimFunc function = new PrimFunc("f", List.of(a), List.of(c), body);
    assertSame(function, CpuPipeline.passes(TARGET).run(function));
  }
}
