package org.jtvmc.compiler.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.interpret.GraphEvaluator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Runs a pass and checks what must hold of every pass. */
final class PassTester {

  static final OperatorRegistry OPERATORS = OperatorRegistry.standard();

  private PassTester() {}

  /** A module whose only function is {@code @main}, from what follows its name. */
  static IRModule module(String main) {
    return ModuleText.parse("def @main" + main, OPERATORS::find);
  }

  /**
   * The result of a pass, of which it is checked that it is well typed, that it parses back, that
   * the pass again changes nothing, and that it computes the same on random inputs.
   */
  static IRModule run(Pass<IRModule> pass, IRModule before) {
    IRModule after = pass.apply(before);
    new CheckTypes().apply(after);
    assertSame(after, pass.apply(after), pass.name() + " again changes something");
    assertSameValues(before, after);
    return after;
  }

  /** Checks that a pass makes {@code expected} of {@code before}, both the text of main's body. */
  static void assertRewrites(Pass<IRModule> pass, String before, String expected) {
    assertEquals(expected.strip(), bodyOf(run(pass, module(before))));
  }

  /** The lines of main's body, without the types in comments. */
  static String bodyOf(IRModule module) {
    String text = ModuleText.print(module.main());
    String body = text.substring(text.indexOf(") {\n") + 4, text.lastIndexOf('}'));
    return body.replaceAll(" {2}//.*", "").replaceAll("(?m)^  ", "").strip();
  }

  static void assertSameValues(IRModule before, IRModule after) {
    long seed = 7;
    List<NDArray> inputs = inputs(before, new Random(seed));
    List<NDArray> expected = new GraphEvaluator(before).evaluate(before.main(), inputs);
    List<NDArray> actual = new GraphEvaluator(after).evaluate(after.main(), inputs);
    assertEquals(expected.size(), actual.size());
    for (int i = 0; i < expected.size(); i++) {
      assertClose(expected.get(i), actual.get(i), "output " + i + ", seed " + seed);
    }
  }

  private static void assertClose(NDArray expected, NDArray actual, String where) {
    assertEquals(expected.type(), actual.type());
    for (long i = 0; i < expected.elements(); i++) {
      double a = expected.getDouble(i);
      double b = actual.getDouble(i);
      boolean close = a == b || Math.abs(a - b) <= 1e-5 + 1e-5 * Math.abs(a);
      assertTrue(close || (Double.isNaN(a) && Double.isNaN(b)), where + ": " + a + " and " + b);
    }
  }

  static List<NDArray> inputs(IRModule module, Random random) {
    List<NDArray> inputs = new ArrayList<>();
    for (Var parameter : module.main().parameters()) {
      inputs.add(random((TensorType) parameter.type(), random));
    }
    return inputs;
  }

  static NDArray random(TensorType type, Random random) {
    NDArray array = NDArray.allocate(type);
    for (long i = 0; i < array.elements(); i++) {
      if (type.dtype().isFloat()) {
        array.setDouble(i, random.nextGaussian());
      } else {
        array.setLong(i, type.dtype().equals(DType.BOOL) ? random.nextInt(2) : random.nextInt(3));
      }
    }
    return array;
  }
}
