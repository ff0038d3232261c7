package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.op.host.TextBlob;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * Operators on texts. Those that only move elements do so with the elements' positions, by the rule
 * that they have for numbers; the texts are taken from there.
 */
final class Texts {

  /** The most parts of a text where nothing says how many there can be. */
  private static final long ROOM = 64;

  /** Operators that have a rule of their own where an input is texts. */
  static final Map<String, Conversion.Rule> RULES =
      Map.of(
          "Cast", node -> List.of(parse(node, node.dtype("to").orElse(DType.STRING))),
          "CastLike", node -> List.of(castLike(node)),
          "Equal", node -> List.of(equal(node)),
          "LabelEncoder", node -> List.of(TraditionalLearning.encodeLabels(node)),
          "RegexFullMatch", node -> List.of(match(node)),
          "Shape", node -> List.of(shape(node)),
          "Size", node -> List.of(size(node)),
          "StringConcat", node -> List.of(concat(node)),
          "StringNormalizer", node -> List.of(normalize(node)),
          "StringSplit", Texts::split);

  /** Operators whose results have elements of their inputs, wherever these are texts. */
  static final Set<String> MOVING =
      Set.of(
          "Concat",
          "DepthToSpace",
          "Expand",
          "Flatten",
          "Gather",
          "GatherElements",
          "GatherND",
          "Reshape",
          "ReverseSequence",
          "Scatter",
          "ScatterElements",
          "ScatterND",
          "Slice",
          "SpaceToDepth",
          "Split",
          "Squeeze",
          "Tile",
          "Transpose",
          "Unsqueeze",
          "Where");

  /** A few bytes of a file must not fill the memory with positions. */
  private static final long MOST_TEXTS = 1L << 24;

  private Texts() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.from(20, "RegexFullMatch", Texts::match)
            .limitedTo("no flags, no classes of Unicode"),
        Conversion.from(20, "StringConcat", Texts::concat),
        Conversion.from(10, "StringNormalizer", Texts::normalize)
            .limitedTo("Unicode's simple mappings of letters, whatever the locale"),
        new Conversion("", "StringSplit", 20, Texts::split)
            .limitedTo("up to 64 parts where maxsplit is not given"));
  }

  /** The same for texts, by the rule for numbers. */
  static List<Expr> move(OnnxNode node, Conversion.Rule rule) {
    List<Expr> texts = new ArrayList<>();
    List<Optional<Expr>> inputs = new ArrayList<>();
    Dim first = Dim.of(0);
    for (int i = 0; i < node.inputCount(); i++) {
      Optional<Expr> input = node.optional(i);
      if (input.isPresent() && node.type(i).dtype().isString()) {
        inputs.add(Optional.of(positions(node, node.type(i), first)));
        texts.add(input.get());
        first = first.plus(elements(node.type(i)));
      } else {
        inputs.add(input);
      }
    }
    Expr all =
        texts.stream()
            .reduce((left, right) -> node.call("host.text_join", left, right))
            .orElseThrow();
    return rule.convert(node.withInputs(inputs)).stream().map(at -> take(node, all, at)).toList();
  }

  /** The places of a tensor's elements in a vector. */
  private static Expr positions(OnnxNode node, TensorType type, Dim first) {
    if (type.isStatic() && first.isKnown()) {
      node.checked(type.sizes(), MOST_TEXTS);
      List<Long> all =
          LongStream.range(first.value(), first.value() + type.elements()).boxed().toList();
      return node.value(NDArray.ofLongs(all).reshape(type.withDType(DType.I64)));
    }
    OpenSizes sizes = new OpenSizes(node);
    Expr places = sizes.c().add(sizes.positions(elements(type)), sizes.number(first));
    return sizes.reshape(places, type.shape());
  }

  private static Dim elements(TensorType type) {
    return org.jtvmc.ir.op.Shapes.product(type.shape());
  }

  static Expr take(OnnxNode node, Expr texts, Expr positions) {
    return node.call("host.text_take", texts, positions);
  }

  /** Both inputs under the shape that they are broadcast to. */
  private static List<Expr> broadcast(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    List<Dim> shape = org.jtvmc.ir.op.Shapes.broadcast(node.type(0).shape(), node.type(1).shape());
    return List.of(0, 1).stream()
        .map(
            i ->
                node.type(i).shape().equals(shape)
                    ? node.input(i)
                    : take(
                        node,
                        node.input(i),
                        sizes.full(positions(node, node.type(i), Dim.of(0)), shape)))
        .toList();
  }

  private static Expr equal(OnnxNode node) {
    List<Expr> both = broadcast(node);
    return node.call("host.text_equal", both.getFirst(), both.getLast());
  }

  private static Expr concat(OnnxNode node) {
    List<Expr> both = broadcast(node);
    return node.call("host.text_concat", both.getFirst(), both.getLast());
  }

  private static Expr match(OnnxNode node) {
    return node.call(
        "host.text_match",
        Attributes.builder().put("pattern", node.text("pattern", "")),
        node.input(0));
  }

  private static Expr shape(OnnxNode node) {
    return node.shape(node.type(0).shape());
  }

  private static Expr size(OnnxNode node) {
    return new OpenSizes(node).number(elements(node.type(0)));
  }

  private static Expr castLike(OnnxNode node) {
    DType like = node.type(1).dtype();
    return like.isString() ? format(node, node.input(0)) : parse(node, like);
  }

  /** Numbers as texts. */
  static Expr format(OnnxNode node, Expr value) {
    Composer c = new Composer(node);
    DType dtype = c.dtype(value);
    if (dtype.isString()) {
      return value;
    }
    if (dtype.equals(DType.F64) || dtype.isBool() || dtype.isNarrow()) {
      throw node.fault("makes texts of %s, which is not supported".formatted(dtype));
    }
    return node.call("host.text_format", c.cast(value, dtype.isFloat() ? DType.F32 : DType.I64));
  }

  private static Expr parse(OnnxNode node, DType dtype) {
    return dtype.isString()
        ? node.input(0)
        : new Composer(node).cast(node.call("host.text_parse", node.input(0)), dtype);
  }

  private static Expr normalize(OnnxNode node) {
    Composer c = new Composer(node);
    List<Dim> shape = node.type(0).shape();
    boolean isRow = shape.size() == 2 && shape.getFirst().equals(Dim.of(1));
    if (shape.size() != 1 && !isRow) {
      throw node.fault("takes texts of the shape %s, not a row of them".formatted(shape));
    }
    Expr both =
        node.call(
            "host.text_normalize",
            Attributes.builder()
                .put("case", node.text("case_change_action", "NONE").toLowerCase(Locale.ROOT))
                .put("sensitive", node.flag("is_case_sensitive", false)),
            isRow ? c.reshape(node.input(0), -1) : node.input(0),
            node.value(TextBlob.of(node.texts("stopwords").orElse(List.of()))));
    Expr kept = TupleGetItem.of(both, 0);
    Expr count = TupleGetItem.of(both, 1);
    return isRow
        ? node.decided(
            c.expandDims(kept, 0), c.concat(0, node.value(NDArray.ofLongs(List.of(1L))), count))
        : node.decided(kept, count);
  }

  private static List<Expr> split(OnnxNode node) {
    long most = node.hasAttribute("maxsplit") ? node.integer("maxsplit", -1) : -1;
    Expr all =
        node.call(
            "host.text_split",
            Attributes.builder()
                .put("most", most)
                .put("room", most < 0 ? ROOM : Math.min(most, 1L << 16) + 1),
            node.input(0),
            node.value(TextBlob.of(List.of(node.text("delimiter", "")))));
    return List.of(
        node.decided(TupleGetItem.of(all, 0), TupleGetItem.of(all, 2)), TupleGetItem.of(all, 1));
  }
}
