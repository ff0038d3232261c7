package org.jtvmc.codegen.kernel;

import static org.jtvmc.codegen.kernel.Loops.global;
import static org.jtvmc.codegen.kernel.Loops.load;
import static org.jtvmc.codegen.kernel.Loops.serial;
import static org.jtvmc.codegen.kernel.Loops.store;
import static org.jtvmc.codegen.kernel.Loops.var;
import static org.jtvmc.codegen.kernel.Loops.vectorized;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The oldest x86-64, which lacks nearly everything: kernels still call no library. */
class BaselineCodeTest {
  private static final Pattern CALL = Pattern.compile("\\b(?:call|jmp)q?\\s+([a-z_][\\w.]*)");
  private static final List<DType> FLOATS =
      List.of(DType.F32, DType.F64, DType.F16, DType.BF16, DType.TF32);

  private static KernelFixture fixture;

  @BeforeAll
  static void open() {
    Set<String> features = Set.of("64bit", "cmov", "cx8", "fxsr", "mmx", "sse", "sse2", "x87");
    fixture =
        new KernelFixture(
            new CpuTarget(
                HostCpu.detect().triple(),
                "x86-64",
                new TreeSet<>(features),
                2,
                CpuTarget.Caches.TYPICAL));
  }

  @AfterAll
  static void close() {
    fixture.close();
  }

  @ParameterizedTest
  @EnumSource(IntrinsicOp.class)
  void noFunctionCallsALibrary(IntrinsicOp op) {
    for (DType dtype : FLOATS) {
      Buffer x = global("x", dtype, 21);
      PrimVar i = var("i");
      Intrinsic value = new Intrinsic(op, Collections.nCopies(op.arity(), load(x, i)));
      Buffer y = global("y", value.dtype(), 21);
      fixture.compile(
          new PrimFunc("f", List.of(x), List.of(y), vectorized(i, 21, store(y, value, i))));
      assertEquals(List.of(), calls(), op + " of " + dtype);
    }
  }

  private static List<String> calls() {
    return CALL.matcher(fixture.code(CodeListener.Stage.ASM))
        .results()
        .map(call -> call.group(1))
        .filter(name -> !name.startsWith("f."))
        .toList();
  }

  @ParameterizedTest
  @EnumSource(
      value = IntrinsicOp.class,
      names = {"FLOOR", "CEIL", "ROUND", "TRUNC", "EXP", "TANH", "ERF", "SIGMOID", "SIN", "SIGN"})
  void functionsAreRight(IntrinsicOp op) {
    Buffer x = global("x", DType.F32, 500);
    Buffer y = global("y", DType.F32, 500);
    NDArray values = NDArray.allocate(TensorType.of(DType.F32, 500));
    for (int i = 0; i < 500; i++) {
      values.setDouble(i, (i - 250) / 8.0);
    }
    PrimVar i = var("i");
    Stmt body = serial(i, 500, store(y, Intrinsic.of(op, load(x, i)), i));
    fixture.check(new PrimFunc("f", List.of(x), List.of(y), body), List.of(values), 1e-6);
  }

  @Test
  void floatsDivideWithARemainder() {
    Buffer a = global("a", DType.F32, 40);
    Buffer b = global("b", DType.F32, 40);
    Buffer c = global("c", DType.F32, 40);
    PrimVar i = var("i");
    PrimExpr value = Binary.of(BinaryOp.REMAINDER, load(a, i), load(b, i));
    fixture.check(
        new PrimFunc("f", List.of(a, b), List.of(c), vectorized(i, 40, store(c, value, i))), 1e-6);
    assertEquals(List.of(), calls());
  }

  @Test
  void everyFloat16IsReadAndWritten() {
    int count = 1 << 16;
    Buffer h = global("h", DType.F16, count);
    Buffer f = global("f", DType.F32, count);
    Buffer wide = global("wide", DType.F32, count);
    Buffer back = global("back", DType.F16, count);
    NDArray halves = NDArray.allocate(TensorType.of(DType.F16, count));
    NDArray floats = NDArray.allocate(TensorType.of(DType.F32, count));
    SplittableRandom random = new SplittableRandom(20261122);
    for (int i = 0; i < count; i++) {
      halves.setDouble(i, Float.float16ToFloat((short) i));
      // The binades of float16 and their neighbours, in all their roundings.
      float scale = (float) Math.pow(2, random.nextInt(46) - 27);
      floats.setDouble(i, (random.nextFloat() + 1) * (random.nextBoolean() ? scale : -scale));
    }
    PrimVar o = var("o");
    PrimVar i = var("i");
    PrimExpr at = o.times(8).plus(i);
    Stmt body =
        Stmt.seq(
            store(wide, Cast.of(DType.F32, load(h, at)), at),
            store(back, Cast.of(DType.F16, load(f, at)), at));
    PrimFunc function =
        new PrimFunc(
            "f", List.of(h, f), List.of(wide, back), serial(o, count / 8, vectorized(i, 8, body)));
    fixture.check(function, List.of(halves, floats), 0);
    assertEquals(List.of(), calls());
  }
}
