package org.jtvmc.tests.operators;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;

/** Operators on texts. */
final class TextCases {
  private static final String[] WORDS = {
    "", "a", "monday", "Monday", "MONDAY", "ab", "b", "Grüße", "ŻÓŁĆ", "日本語", "a-b", "12", "x.y@z"
  };

  private TextCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("StringConcat", TextCases::concat),
        OperatorCase.of("StringSplit", TextCases::split),
        OperatorCase.of("StringNormalizer", TextCases::normalize),
        OperatorCase.of("RegexFullMatch", TextCases::match),
        OperatorCase.of("Equal of texts", TextCases::equal),
        OperatorCase.of("Cast from text", TextCases::parse),
        OperatorCase.of("Cast to text", TextCases::format),
        OperatorCase.of("Concat of texts", TextCases::join),
        OperatorCase.of("Gather of texts", TextCases::gather),
        OperatorCase.of("Transpose of texts", TextCases::transpose),
        OperatorCase.of("Where of texts", TextCases::where),
        OperatorCase.of("LabelEncoder", TextCases::encode));
  }

  private static NDArray texts(Draw d, String[] words, long... shape) {
    long count = LongStream.of(shape).reduce(1, (a, b) -> a * b);
    List<String> texts = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      texts.add(d.choose(words));
    }
    return NDArray.ofTexts(LongStream.of(shape).boxed().toList(), texts);
  }

  private static NDArray texts(Draw d, long... shape) {
    return texts(d, WORDS, shape);
  }

  private static OneNodeModel concat(Draw d) {
    long[] shape = d.shape(d.between(1, 3), 3);
    return new OneNodeModel("StringConcat")
        .opset(20)
        .input(texts(d, shape))
        .input(texts(d, d.broadcastable(shape)));
  }

  private static OneNodeModel split(Draw d) {
    // Of empty texts, and of space at the end, ONNX Runtime thinks otherwise than the
    // specification.
    String[] sentences = {"a b  c", "one", "a,b,,c", " x y", ",a", "über, alles", "a--b-c"};
    OneNodeModel model =
        new OneNodeModel("StringSplit")
            .opset(20)
            .outputs(2)
            .input(texts(d, sentences, d.shape(d.between(1, 2), 4)));
    if (d.coin()) {
      model.text("delimiter", d.choose(",", "-", ", ", ""));
    }
    return d.coin() ? model.integer("maxsplit", d.between(1, 3)) : model;
  }

  private static OneNodeModel normalize(Draw d) {
    long count = d.between(1, 6);
    // ONNX Runtime knows other letters only where the machine has a locale for them.
    String[] words = {"", "a", "monday", "Monday", "MONDAY", "ab", "a-b", "12", "x.y@z"};
    return new OneNodeModel("StringNormalizer")
        .input(d.coin() ? texts(d, words, count) : texts(d, words, 1, count))
        .text("locale", "C")
        .text("case_change_action", d.choose("NONE", "LOWER", "UPPER"))
        .flag("is_case_sensitive", d.coin())
        .texts("stopwords", d.choose(words), d.choose(words));
  }

  private static OneNodeModel match(Draw d) {
    String[] patterns = {
      "a*b?",
      "[a-z]+",
      "(mon|tues)day",
      "(?:[A-Z]|o)+",
      "\\w+@\\w+",
      ".{2,3}",
      "[^a]*",
      "\\D{1,}",
      "(a|b)*-?(ab|b)?",
      ".*\\b.*",
      "^$",
      "\\p",
      "x\\.y@z$"
    };
    String pattern = d.choose(patterns);
    return new OneNodeModel("RegexFullMatch")
        .opset(20)
        .input(texts(d, d.between(1, 8)))
        .text("pattern", pattern.equals("\\p") ? "[[:alpha:]]{0,}" : pattern);
  }

  private static OneNodeModel equal(Draw d) {
    long[] shape = d.shape(d.between(1, 3), 3);
    String[] few = {"a", "ab", "日本語"};
    return new OneNodeModel("Equal")
        .opset(19)
        .input(texts(d, few, shape))
        .input(texts(d, few, d.broadcastable(shape)));
  }

  private static OneNodeModel parse(Draw d) {
    String[] numbers = {"1", "-2.5", "3e2", "0.125", "-7", "1024"};
    String[] integers = {"1", "-25", "300", "0", "-7"};
    boolean whole = d.coin();
    return new OneNodeModel("Cast")
        .input(texts(d, whole ? integers : numbers, d.shape(d.between(1, 2), 4)))
        .integer("to", OneNodeModel.type(whole ? DType.I32 : DType.F32).getNumber());
  }

  private static OneNodeModel format(Draw d) {
    return new OneNodeModel("Cast")
        .input(d.array(d.choose(DType.I32, DType.I64), d.shape(d.between(1, 2), 4)))
        .integer("to", OneNodeModel.type(DType.STRING).getNumber());
  }

  private static OneNodeModel join(Draw d) {
    return new OneNodeModel("Concat")
        .input(texts(d, d.between(1, 3), 2))
        .input(texts(d, d.between(1, 3), 2))
        .integer("axis", 0);
  }

  private static OneNodeModel gather(Draw d) {
    long size = d.between(1, 5);
    return new OneNodeModel("Gather")
        .input(texts(d, 2, size))
        .input(d.integers(DType.I64, (int) -size, (int) size - 1, 3))
        .integer("axis", 1);
  }

  private static OneNodeModel transpose(Draw d) {
    return new OneNodeModel("Transpose").input(texts(d, d.shape(3, 3))).integers("perm", 2, 0, 1);
  }

  private static OneNodeModel where(Draw d) {
    long[] shape = d.shape(2, 3);
    return new OneNodeModel("Where")
        .input(d.array(DType.BOOL, shape))
        .input(texts(d, shape))
        .input(texts(d, d.broadcastable(shape)));
  }

  private static OneNodeModel encode(Draw d) {
    OneNodeModel model =
        new OneNodeModel("LabelEncoder")
            .domain("ai.onnx.ml", 4)
            .input(texts(d, d.between(1, 6)))
            .texts("keys_strings", "a", "monday", "日本語");
    return d.coin()
        ? model.integers("values_int64s", 7, 8, 9).integer("default_int64", d.between(-3, 3))
        : model.texts("values_strings", "eins", "zwei", "drei").text("default_string", "keins");
  }
}
