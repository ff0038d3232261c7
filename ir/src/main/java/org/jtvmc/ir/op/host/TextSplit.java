package org.jtvmc.ir.op.host;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;

/**
 * Texts divided at a delimiter, or at white space where that is empty.
 *
 * <p>Results: the parts, along a new last dimension, empty behind the last; how many each text has;
 * and the sizes of what is there: the shape and the greatest of these numbers.
 */
public final class TextSplit extends HostKernel {

  public TextSplit() {
    super(
        "text_split",
        List.of("texts", "delimiter"),
        List.of(
            optional("most", -1, "the most places at which a text is divided; -1 for any number"),
            required("room", "the most parts that there is room for")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType texts = arguments.getFirst();
    List<Dim> parts = new ArrayList<>(texts.shape());
    parts.add(Dim.of(attributes.integer("room")));
    return new TupleType(
        List.of(
            texts.withShape(parts),
            texts.withDType(DType.I64),
            TensorType.of(DType.I64, parts.size())));
  }

  @Override
  List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result) {
    List<Dim> shape = inputs.getFirst().shape();
    List<Dim> sizes = new ArrayList<>();
    sizes.add(Shapes.product(shape));
    // 0 stands for any number.
    sizes.add(Dim.of(Math.max(0, attributes.integer("most") + 1)));
    sizes.add(Dim.of(attributes.integer("room")));
    sizes.add(Dim.of(shape.size()));
    sizes.addAll(shape);
    return sizes;
  }

  @Override
  List<NDArray> results(List<NDArray> inputs, Attributes attributes, Type result) {
    NDArray texts = inputs.getFirst();
    String delimiter = TextBlob.read(inputs.getLast()).getFirst();
    long room = attributes.integer("room");
    List<TensorType> types = types(result);
    NDArray counts = NDArray.allocate(types.get(1));
    List<String> all = new ArrayList<>();
    long greatest = 0;
    for (long i = 0; i < texts.elements(); i++) {
      List<String> parts = split(texts.text(i), delimiter, attributes.integer("most"));
      if (parts.size() > room) {
        throw new IllegalArgumentException(
            "a text has %d parts where there is room for %d".formatted(parts.size(), room));
      }
      counts.setLong(i, parts.size());
      greatest = Math.max(greatest, parts.size());
      all.addAll(parts);
      for (long j = parts.size(); j < room; j++) {
        all.add("");
      }
    }
    List<Long> sizes = new ArrayList<>(texts.type().sizes());
    sizes.add(greatest);
    return List.of(NDArray.ofTexts(types.getFirst().sizes(), all), counts, NDArray.ofLongs(sizes));
  }

  /** As Python's {@code str.split}. */
  private static List<String> split(String text, String delimiter, long most) {
    List<String> parts = new ArrayList<>();
    if (!delimiter.isEmpty()) {
      int begin = 0;
      int end = text.indexOf(delimiter);
      while (end >= 0 && (most < 0 || parts.size() < most)) {
        parts.add(text.substring(begin, end));
        begin = end + delimiter.length();
        end = text.indexOf(delimiter, begin);
      }
      parts.add(text.substring(begin));
      return parts;
    }
    String rest = withoutSpace(text);
    while (!rest.isEmpty()) {
      int end = 0;
      while (end < rest.length() && !isSpace(rest.charAt(end))) {
        end++;
      }
      if (most >= 0 && parts.size() == most) {
        end = rest.length();
      }
      parts.add(rest.substring(0, end));
      rest = withoutSpace(rest.substring(end));
    }
    return parts;
  }

  private static String withoutSpace(String text) {
    int begin = 0;
    while (begin < text.length() && isSpace(text.charAt(begin))) {
      begin++;
    }
    return text.substring(begin);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }
}
