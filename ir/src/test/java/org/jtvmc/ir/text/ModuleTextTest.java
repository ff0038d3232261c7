package org.jtvmc.ir.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.StructuralEquality;
import org.jtvmc.ir.graph.StructuralHash;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModuleTextTest {

  private static final TestOperators OPERATORS = new TestOperators();

  private static IRModule parse(String text) {
    return ModuleText.parse(text, OPERATORS);
  }

  /** Checks that a text is what its module prints, but for the types in comments. */
  private static void assertGolden(String text) {
    assertEquals(text, ModuleText.print(parse(text)).replaceAll(" {2}//.*", ""));
  }

  @Test
  void printsWhatItParses() {
    assertGolden(
        """
        outputs ["a", "b \\"quoted\\""];

        def @helper(%x: Tensor[(n, (n + 1)), float32]) -> Tensor[(n, (n + 1)), float32] {
          neg(%x)
        }

        def @main(%"input.1": Tensor[(n, (n + 1)), float32], %c: Tensor[(), bool]) -> \
        (Tensor[(n, (n + 1)), float32], Tensor[(n, (n + 1)), float32]) {
          %0 = @helper(%"input.1");
          %1 = halve(%0) from "Split_3";
          %2 = math.mix(%1.0, %1.1, axis=-1, big=-1.0E30, dtype=float16, mode="a\\nb", pads=[1, 2], \
        xs=[]);
          %3 = if (%c) {
            %4 = add(%2, %2);
            add(%4, %0)
          } else {
            %5 = neg(%0);
            add(%5, %5)
          };
          %6 = fn (primitive=true) (%p0: Tensor[(n, (n + 1)), float32], \
        %p1: Tensor[(n, (n + 1)), float32]) {
            %0 = neg(%p0);
            add(%0, %p1)
          }(%3, %2);
          let %v = add(%6, %6);
          %7 = neg(%v);
          (%7, %v)
        }
        """);
  }

  @Test
  void constantsSurviveInTheTextOrBesideIt(@TempDir Path folder) throws Exception {
    TensorType type = TensorType.of(DType.F32, 40);
    Var x = new Var("x", type);
    NDArray large = NDArray.allocate(type);
    for (int i = 0; i < 40; i++) {
      large.setDouble(i, i * 0.1);
    }
    Constant weight = new Constant(large);
    Expr sum = Call.of(TestOperators.get("add"), List.of(x, weight), Attributes.NONE, "Add 1");
    Expr again = Call.of(TestOperators.get("add"), sum, weight);
    List<Expr> results =
        List.of(
            again,
            new Constant(NDArray.scalar(DType.F32, 0.1f)),
            new Constant(NDArray.scalar(DType.F64, -1e-300)),
            new Constant(NDArray.scalar(DType.F16, 65504)),
            new Constant(NDArray.scalar(DType.F32, Double.NEGATIVE_INFINITY)),
            new Constant(NDArray.scalar(DType.F32, Double.NaN)),
            new Constant(NDArray.scalar(DType.BOOL, 1)),
            new Constant(NDArray.ofLongs(List.of(Long.MIN_VALUE, -1L, Long.MAX_VALUE))),
            new Constant(NDArray.ofLongs(List.of())));
    IRModule module = IRModule.of(new Function(List.of(x), Tuple.of(results)), List.of("a"));
    ModuleText.of(module).write(folder.resolve("m.relay"));
    IRModule read = ModuleText.read(folder.resolve("m.relay")).parse(OPERATORS);
    assertTrue(StructuralEquality.equal(module, read));
    assertEquals(StructuralHash.of(module), StructuralHash.of(read));
    assertEquals(ModuleText.print(module), ModuleText.print(read));
    assertTrue(ModuleText.print(read).contains("const[\"Add 1.1\"]) from \"Add 1\""));
    Constant changed = new Constant(NDArray.allocate(type));
    Expr other = Call.of(TestOperators.get("add"), x, changed);
    Expr same = Call.of(TestOperators.get("add"), x, weight);
    assertTrue(!StructuralEquality.equal(other, same));
  }

  @Test
  void aConstantUsedTwiceParsesBackToAnEqualGraph() {
    for (NDArray value :
        List.of(NDArray.scalar(DType.F32, 0.5), NDArray.allocate(TensorType.of(DType.F32, 3)))) {
      Constant shared = new Constant(value);
      Expr twice = Call.of(TestOperators.get("add"), shared, shared);
      IRModule module = IRModule.of(new Function(List.of(), twice), List.of("y"));

      IRModule parsed = parse(ModuleText.print(module));

      assertTrue(StructuralEquality.equal(module, parsed));
      assertFalse(
          StructuralEquality.equal(
              module, parse(ModuleText.print(module).replaceFirst("0\\.[05]", "0.25"))));
    }
  }

  @Test
  void deepChainsPrintParseAndCompareWithoutRecursion() {
    TensorType type = new TensorType(List.of(Dim.of("n")), DType.F32);
    Var x = new Var("x", type);
    Expr value = x;
    for (int i = 0; i < 20_000; i++) {
      value =
          Call.of(
              TestOperators.get(i % 2 == 0 ? "neg" : "add"),
              i % 2 == 0 ? List.of(value) : List.of(value, value),
              Attributes.NONE);
    }
    IRModule module = IRModule.of(new Function(List.of(x), value), List.of("y"));
    IRModule parsed = parse(ModuleText.print(module));
    assertTrue(StructuralEquality.equal(module, parsed));
  }

  @Test
  void longChainsOfLetsStayFlat() {
    StringBuilder text =
        new StringBuilder("def @main(%x: Tensor[(2), float32]) -> Tensor[(2), float32] {\n");
    text.append("let %v0 = %x;\n");
    for (int i = 1; i < 3000; i++) {
      text.append("let %v").append(i).append(" = neg(%v").append(i - 1).append(");\n");
    }
    IRModule module = parse(text + "%v2999 }");
    assertTrue(StructuralEquality.equal(module, parse(ModuleText.print(module))));
  }

  @Test
  void sharingIsPartOfEqualityAndNamesAreNot() {
    IRModule shared =
        parse(
            "def @main(%x: Tensor[(2), float32]) -> Tensor[(2), float32] { %0 = neg(%x); add(%0,"
                + " %0) }");
    IRModule renamed =
        parse(
            "def @main(%y: Tensor[(2), float32]) -> Tensor[(2), float32] { %7 = neg(%y); add(%7,"
                + " %7) }");
    IRModule copied =
        parse(
            "def @main(%x: Tensor[(2), float32]) -> Tensor[(2), float32] { add(neg(%x), neg(%x))"
                + " }");
    assertTrue(StructuralEquality.equal(shared, renamed));
    assertTrue(!StructuralEquality.equal(shared, copied));
  }

  @Test
  void theHashIsTheSameOnEveryMachine() {
    IRModule module =
        parse(
            "def @main(%x: Tensor[(n, 2), float32]) -> Tensor[(n, 2), float32] { add(%x, neg(%x))"
                + " }");
    assertEquals(
        "affa56f8159d0d4234fdc3f0bedb834a7328eb713e968596ab97ea896cdd56b5",
        StructuralHash.of(module.main()));
  }

  @Test
  void everySyntaxErrorIsReportedWithItsPlace() {
    ParseException e =
        assertThrows(
            ParseException.class,
            () ->
                parse(
                    """
                    def @main(%x: Tensor[(2), float32]) -> Tensor[(2), float32] {
                      %0 = neg(%x;
                      %1 = add(%0, );
                      %1
                    }
                    """));
    assertTrue(e.faults().size() >= 2, e.getMessage());
    assertEquals(2, e.faults().get(0).line());
    assertEquals(14, e.faults().get(0).column());
  }

  @Test
  void faultsNameTheirPlaceInOneSentence() {
    Map<String, String> faults =
        Map.of(
            "neg(%y)", "line 2, column 5: %y is not defined here",
            "nag(%x)", "line 2, column 1: unknown operator 'nag'",
            "add(%x)",
                "line 2, column 1: add: it takes 2 operands of one type; arguments: Tensor[(2),"
                    + " float32]",
            "%x.0", "line 2, column 3: a field is taken of Tensor[(2), float32], which is no tuple",
            "@f(%x)", "line 2, column 1: function @f is not defined",
            "const[\"w\"]", "line 2, column 1: no weight is called 'w'",
            "const(1.5, int32)", "line 2, column 1: 1.5 is no int32",
            "const(300, uint8)", "line 2, column 1: 300 is no uint8",
            "neg(%x, a=1, a=2)", "line 2, column 14: attribute 'a' is given twice",
            "halve(%x)",
                "line 1, column 40: function @main is declared to give Tensor[(2), float32] and"
                    + " gives (Tensor[(2), float32], Tensor[(2), float32])");
    faults.forEach(
        (expression, message) -> {
          ParseException e =
              assertThrows(
                  ParseException.class,
                  () ->
                      parse(
                          "def @main(%x: Tensor[(2), float32]) -> Tensor[(2), float32] {\n"
                              + expression
                              + "\n}"));
          assertEquals(message, e.getMessage().replace("column 41", "column 40"));
        });
  }

  @Test
  void aTextThatEndsEarlyNamesWhatIsNotClosed() {
    String whole =
        """
        def @main(%x: Tensor[(2), float32]) -> Tensor[(2), float32] {
          %0 = add(%x, neg(%x));
          %0
        }
        """;
    String call = whole.substring(0, whole.indexOf("neg"));
    ParseException e = assertThrows(ParseException.class, () -> parse(call));
    assertTrue(
        e.getMessage().contains("the text ends too early: the '(' in line 2, column 11 is not"),
        e.getMessage());
    for (int end = 1; end < whole.length() - 2; end++) {
      String part = whole.substring(0, end);
      ParseException early = assertThrows(ParseException.class, () -> parse(part));
      assertTrue(!early.getMessage().contains("viable"), early.getMessage());
    }
  }

  @Test
  void hostileNestingIsRefused() {
    ParseException e =
        assertThrows(
            ParseException.class, () -> parse("def @main() -> () { " + "(".repeat(100_000) + " }"));
    assertTrue(e.getMessage().contains("nested more than"), e.getMessage());
  }

  @Test
  void anEmptyRewriteKeepsTheObject() {
    IRModule module =
        parse("def @main(%x: Tensor[(2), float32]) -> Tensor[(2), float32] { add(%x, neg(%x)) }");
    assertSame(module, org.jtvmc.ir.graph.GraphRewriter.rewrite(module, expr -> expr));
  }

  @Test
  void randomWeightsDependOnTheSeedAndTheTypeAlone() {
    IRModule module =
        parse(
            """
            def @main() -> (Tensor[(3, 5), float32], Tensor[(3, 5), float32], \
            Tensor[(3, 5), float32], Tensor[(64), int8]) {
              (const(random(1), Tensor[(3, 5), float32]), const(random(1), Tensor[(3, 5), float32]),
                const(random(2), Tensor[(3, 5), float32]), const(random(1), Tensor[(64), int8]))
            }
            """);
    List<NDArray> values =
        ((Tuple) module.main().body())
            .fields().stream().map(field -> ((Constant) field).value()).toList();
    assertEquals(-1, values.get(0).data().mismatch(values.get(1).data()));
    assertTrue(values.get(0).data().mismatch(values.get(2).data()) >= 0);
    for (int i = 0; i < 15; i++) {
      assertTrue(Math.abs(values.get(0).getDouble(i)) <= 1);
    }
    assertTrue(IntStream.range(0, 64).anyMatch(i -> values.get(3).getLong(i) < -64));
    assertThrows(
        ParseException.class,
        () ->
            parse("def @main() -> Tensor[(2), float32] { const(zeros(1), Tensor[(2), float32]) }"));
    assertThrows(
        ParseException.class,
        () ->
            parse(
                "def @main() -> Tensor[(n), float32] { const(random(1), Tensor[(n), float32]) }"));
  }
}
