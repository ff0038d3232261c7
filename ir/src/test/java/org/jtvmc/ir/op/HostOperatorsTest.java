package org.jtvmc.ir.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.op.host.TextBlob;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;
import org.junit.jupiter.api.Test;

/** Operators of the native runtime, in Java, on values worked out by hand. */
class HostOperatorsTest {

  private static List<NDArray> call(String name, Attributes attributes, NDArray... inputs) {
    Operator operator = OperatorRegistry.standard().get(name);
    List<Type> types = new ArrayList<>();
    List.of(inputs).forEach(input -> types.add(input.type()));
    Type result = operator.infer(types, attributes);
    return TensorEvaluator.apply(operator, List.of(inputs), attributes, result);
  }

  private static NDArray floats(float... values) {
    return NDArray.ofFloats(TensorType.of(DType.F32, values.length), values);
  }

  private static NDArray texts(String... texts) {
    return NDArray.ofTexts(List.of((long) texts.length), List.of(texts));
  }

  @Test
  void nansAreOneAndTheLastOfTheUnique() {
    NDArray data = floats(Float.NaN, 2, -0.0f, Float.NaN, 0, Float.POSITIVE_INFINITY);
    List<NDArray> results = call("host.unique", Attributes.builder().put("axis", 0).build(), data);
    assertEquals(4, results.get(4).getLong(0));
    assertEquals(Float.NaN, results.getFirst().getDouble(3));
    assertEquals(List.of(2L, 1L, 5L, 0L), results.get(1).longs().subList(0, 4));
    assertEquals(List.of(3L, 1L, 0L, 3L, 0L, 2L), results.get(2).longs());
    assertEquals(List.of(2L, 1L, 1L, 2L, 0L, 0L), results.get(3).longs());
  }

  @Test
  void nothingIsFoundInNothing() {
    NDArray empty = NDArray.allocate(TensorType.of(DType.F32, 2, 0));
    List<NDArray> results = call("host.nonzero", Attributes.NONE, empty);
    assertEquals(TensorType.of(DType.I64, 2, 0), results.getFirst().type());
    assertEquals(List.of(2L, 0L), results.getLast().longs());
  }

  @Test
  void whatIsThereMovesToTheFront() {
    NDArray data = NDArray.ofLongs(List.of(1L, 2L, 3L, 4L, 5L, 6L));
    NDArray packed =
        call(
                "host.compact",
                Attributes.NONE,
                data.reshape(TensorType.of(DType.I64, 2, 3)),
                NDArray.ofLongs(List.of(2L, 2L)))
            .getFirst();
    assertEquals(List.of(1L, 2L, 4L, 5L, 0L, 0L), packed.longs());
  }

  @Test
  void floatsArePrintedWithTheDigitsThatTellThemApart() {
    NDArray numbers =
        floats(0.1f, 1, -2.5f, 1e10f, 1.5e-7f, 0.97676113f, Float.NaN, -1 / 0f, 16777216f);
    assertEquals(
        List.of("0.1", "1", "-2.5", "1e+10", "1.5e-07", "0.9767611", "NaN", "-INF", "16777216"),
        call("host.text_format", Attributes.NONE, numbers).getFirst().texts());
  }

  @Test
  void textsAreDividedAsPythonDoes() {
    Attributes once = Attributes.builder().put("most", 1).put("room", 2).build();
    List<NDArray> results =
        call(
            "host.text_split",
            once,
            texts(" the quick  fox ", "", "one"),
            TextBlob.of(List.of("")));
    assertEquals(List.of("the", "quick  fox ", "", "", "one", ""), results.getFirst().texts());
    assertEquals(List.of(2L, 0L, 1L), results.get(1).longs());
    assertEquals(List.of(3L, 2L), results.get(2).longs());
  }

  @Test
  void lettersOutsideAsciiChangeTheirCase() {
    Attributes upper = Attributes.builder().put("case", "upper").build();
    List<NDArray> results =
        call(
            "host.text_normalize",
            upper,
            texts("grüße", "ŻÓŁĆ", "żółć", "δ"),
            TextBlob.of(List.of("Żółć")));
    assertEquals(List.of("GRÜßE", "Δ"), results.getFirst().texts().subList(0, 2));
    assertEquals(List.of(2L), results.getLast().longs());
  }

  /** Random patterns, matched by {@link Pattern} too; a seed repeats a failure. */
  @Test
  void patternsMatchWhatJavasMatch() {
    Random random = new Random(7);
    for (int trial = 0; trial < 500; trial++) {
      String pattern = pattern(random, 3);
      List<String> words = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        words.add(word(random));
      }
      NDArray matched =
          call(
                  "host.text_match",
                  Attributes.builder().put("pattern", pattern).build(),
                  texts(words.toArray(String[]::new)))
              .getFirst();
      for (int i = 0; i < words.size(); i++) {
        assertEquals(
            Pattern.matches(pattern, words.get(i)) ? 1 : 0,
            matched.getLong(i),
            "pattern '%s' on '%s'".formatted(pattern, words.get(i)));
      }
    }
  }

  private static String word(Random random) {
    StringBuilder word = new StringBuilder();
    for (int length = random.nextInt(7); length > 0; length--) {
      word.append("aabb-é".charAt(random.nextInt(6)));
    }
    return word.toString();
  }

  private static String pattern(Random random, int depth) {
    String[] atoms = {"a", "b", ".", "[ab]", "[^a]", "\\w", "-", "\\b", "^", "$", "[a-z\\-]"};
    if (depth == 0) {
      return atoms[random.nextInt(atoms.length)];
    }
    String one = pattern(random, depth - 1);
    return switch (random.nextInt(7)) {
      case 0 -> one + pattern(random, depth - 1);
      case 1 -> "(" + one + "|" + pattern(random, depth - 1) + ")";
      case 2 -> "(?:" + one + ")*";
      case 3 -> "(" + one + ")+?";
      case 4 -> "(" + one + ")?";
      case 5 -> "(" + one + "){1,3}";
      default -> one;
    };
  }

  @Test
  void expressionsThatAreNoneAreRefusedInASentence() {
    for (String wrong : List.of("(", ")", "*a", "[a", "a{3,2}", "\\", "(?i)a", "[b-a]", "\\p{L}")) {
      Attributes attributes = Attributes.builder().put("pattern", wrong).build();
      assertThrows(
          TypeException.class, () -> call("host.text_match", attributes, texts("a")), wrong);
    }
  }
}
