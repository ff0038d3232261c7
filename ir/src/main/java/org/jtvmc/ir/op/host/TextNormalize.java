package org.jtvmc.ir.op.host;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * A vector of texts without those that are in a list, in lower or upper case; a single empty text
 * where nothing is left. Letters change their case by Unicode's simple mappings, one for one.
 *
 * <p>Results: the texts; and how many there are, {@code int64 (1)}.
 */
public final class TextNormalize extends HostKernel {

  private static final String NONE = "none";

  public TextNormalize() {
    super(
        "text_normalize",
        List.of("texts", "dropped"),
        List.of(
            optional("case", NONE, "'none', 'lower' or 'upper'"),
            optional("sensitive", false, "whether texts in another case are others")));
  }

  @Override
  public boolean makesTexts() {
    return true;
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType texts = arguments.getFirst();
    if (!texts.dtype().isString() || texts.rank() != 1) {
      throw new TypeException("needs a vector of texts, not " + texts);
    }
    if (!List.of(NONE, "lower", "upper").contains(attributes.text("case"))) {
      throw new TypeException("cannot change the case to '%s'".formatted(attributes.text("case")));
    }
    Dim most = Dim.derive(Dim.Operation.MAX, texts.dim(0), Dim.of(1));
    return new TupleType(List.of(texts.withShape(List.of(most)), TensorType.of(DType.I64, 1)));
  }

  @Override
  List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result) {
    return List.of(inputs.getFirst().dim(0), types(result).getFirst().dim(0));
  }

  /**
   * The letters that change, each with what it becomes: those of the case, then lower ones; before
   * them how many there are.
   */
  @Override
  public List<Long> table(Attributes attributes) {
    Attributes complete = complete(attributes);
    List<Long> changed = mapping(complete.text("case"));
    List<Long> lower = complete.bool("sensitive") ? List.of() : mapping("lower");
    List<Long> numbers = new ArrayList<>();
    numbers.add(changed.size() / 2L);
    numbers.add(lower.size() / 2L);
    numbers.addAll(changed);
    numbers.addAll(lower);
    return numbers;
  }

  private static List<Long> mapping(String direction) {
    List<Long> pairs = new ArrayList<>();
    if (!direction.equals(NONE)) {
      for (int letter = 0; letter <= Character.MAX_CODE_POINT; letter++) {
        int other = change(letter, direction);
        if (other != letter) {
          pairs.add((long) letter);
          pairs.add((long) other);
        }
      }
    }
    return pairs;
  }

  private static int change(int letter, String direction) {
    return switch (direction) {
      case "lower" -> Character.toLowerCase(letter);
      case "upper" -> Character.toUpperCase(letter);
      default -> letter;
    };
  }

  private static String change(String text, String direction) {
    return text.codePoints()
        .map(letter -> change(letter, direction))
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  @Override
  List<NDArray> results(List<NDArray> inputs, Attributes attributes, Type result) {
    String compared = attributes.bool("sensitive") ? NONE : "lower";
    List<String> dropped =
        TextBlob.read(inputs.getLast()).stream().map(text -> change(text, compared)).toList();
    List<String> kept = new ArrayList<>();
    for (String text : inputs.getFirst().texts()) {
      if (!dropped.contains(change(text, compared))) {
        kept.add(change(text, attributes.text("case")));
      }
    }
    if (kept.isEmpty()) {
      kept.add("");
    }
    long count = kept.size();
    TensorType type = types(result).getFirst();
    while (kept.size() < type.elements()) {
      kept.add("");
    }
    return List.of(NDArray.ofTexts(type.sizes(), kept), NDArray.ofLongs(List.of(count)));
  }
}
