package org.jtvmc.compiler.onnx;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jtvmc.ir.type.Dim;

/**
 * What a user says of the shapes of a model's inputs. A size is a number, or a name, which leaves
 * it open: {@code n}, {@code n:1..8} with its range, {@code n@4} or {@code n:1..8@4} with the usual
 * size, for which code is made fast.
 *
 * @param byName the sizes by input
 * @param overFile true where a number also replaces another one in the model's file, as a name does
 */
public record GivenShapes(Map<String, List<Dim>> byName, boolean overFile) {

  /** Nothing is said. */
  public static final GivenShapes NONE = new GivenShapes(Map.of());

  private static final Pattern OPEN =
      Pattern.compile("([A-Za-z_]\\w*)(?::(\\d{1,18})\\.\\.(\\d{1,18}))?(?:@(\\d{1,18}))?");

  /** Usual sizes where the user says none: of batches, of images, and of sequences. */
  private static final long USUAL_BATCH = 1;

  private static final long USUAL_IMAGE = 224;
  private static final long USUAL_SEQUENCE = 128;

  public GivenShapes {
    byName = Collections.unmodifiableMap(new LinkedHashMap<>(byName));
  }

  /** Sizes that have to fit the model's file. */
  public GivenShapes(Map<String, List<Dim>> byName) {
    this(byName, false);
  }

  /** Numbers only. */
  public static GivenShapes of(Map<String, List<Long>> known) {
    Map<String, List<Dim>> shapes = new LinkedHashMap<>();
    known.forEach((name, shape) -> shapes.put(name, shape.stream().map(Dim::of).toList()));
    return new GivenShapes(shapes);
  }

  /**
   * The shapes that are written so. A name stands for one size wherever it is: what is said of it
   * in one place holds in all.
   *
   * @throws IllegalArgumentException where one is none, with what is wrong
   */
  public static GivenShapes parse(Map<String, List<String>> texts) {
    Map<String, Said> said = new LinkedHashMap<>();
    for (List<String> shape : texts.values()) {
      for (int axis = 0; axis < shape.size(); axis++) {
        Matcher open = OPEN.matcher(shape.get(axis));
        if (open.matches()) {
          said.computeIfAbsent(open.group(1), Said::new).add(open, axis, shape.size());
        }
      }
    }
    Map<String, List<Dim>> shapes = new LinkedHashMap<>();
    texts.forEach(
        (name, shape) -> shapes.put(name, shape.stream().map(size -> size(size, said)).toList()));
    return new GivenShapes(shapes);
  }

  /** True for a number of at most 18 digits, and for a name with what may be said of it. */
  public static boolean isSize(String text) {
    return text.matches("\\d{1,18}") || OPEN.matcher(text).matches();
  }

  private static Dim size(String text, Map<String, Said> said) {
    Matcher open = OPEN.matcher(text);
    return open.matches() ? said.get(open.group(1)).symbol() : Dim.of(Long.parseLong(text));
  }

  /** What is said of one name. */
  private static final class Said {
    private final String name;
    private OptionalLong least = OptionalLong.empty();
    private OptionalLong most = OptionalLong.empty();
    private OptionalLong usual = OptionalLong.empty();
    private long otherwise = -1;

    Said(String name) {
      this.name = name;
    }

    void add(Matcher size, int axis, int rank) {
      least = once(least, size.group(2));
      most = once(most, size.group(3));
      usual = once(usual, size.group(4));
      if (otherwise < 0) {
        otherwise = axis == 0 ? USUAL_BATCH : rank > 3 && axis > 1 ? USUAL_IMAGE : USUAL_SEQUENCE;
      }
    }

    private OptionalLong once(OptionalLong before, String text) {
      if (text == null) {
        return before;
      }
      long number = Long.parseLong(text);
      if (before.isPresent() && before.getAsLong() != number) {
        throw new IllegalArgumentException(
            "of size '%s' both %d and %d is said".formatted(name, before.getAsLong(), number));
      }
      return OptionalLong.of(number);
    }

    Dim symbol() {
      long low = least.orElse(0);
      long high = most.orElse(Math.max(Dim.MOST, usual.orElse(0)));
      if (low > high) {
        throw new IllegalArgumentException(
            "size '%s' goes from %d to %d".formatted(name, low, high));
      }
      return new Dim.Symbol(name, low, high, usual.orElse(Math.clamp(otherwise, low, high)));
    }
  }

  private static String text(Dim size) {
    return size instanceof Dim.Symbol symbol
        ? "%s:%d..%d@%d".formatted(symbol.name(), symbol.least(), symbol.most(), symbol.usual())
        : size.toString();
  }

  /** These shapes, and others of inputs for which nothing is said here. */
  public GivenShapes orElse(Map<String, List<Long>> others) {
    Map<String, List<Dim>> shapes = new LinkedHashMap<>(of(others).byName);
    shapes.putAll(byName);
    return new GivenShapes(shapes, overFile);
  }

  /** The sizes as text. */
  public Map<String, List<String>> texts() {
    Map<String, List<String>> texts = new LinkedHashMap<>();
    byName.forEach(
        (name, shape) -> texts.put(name, shape.stream().map(GivenShapes::text).toList()));
    return texts;
  }

  /** True where a size is left open. */
  public boolean isOpen() {
    return byName.values().stream().anyMatch(shape -> !shape.stream().allMatch(Dim::isKnown));
  }

  /**
   * These shapes with numbers for the sizes that are open. A number that one input gives a size
   * holds for the others.
   *
   * @param numbers the shapes of inputs; of those that are not named, all sizes follow from others
   * @throws IllegalArgumentException where they do not fit these shapes, with what is wrong
   */
  public GivenShapes at(Map<String, List<Long>> numbers) {
    Map<String, Long> sizes = new LinkedHashMap<>();
    numbers.forEach((name, shape) -> collect(name, shape, sizes));
    Map<String, List<Dim>> shapes = new LinkedHashMap<>(of(numbers).byName);
    byName.forEach(
        (name, shape) ->
            shapes.putIfAbsent(name, shape.stream().map(size -> size.bind(sizes)).toList()));
    return new GivenShapes(shapes, true);
  }

  private void collect(String name, List<Long> numbers, Map<String, Long> sizes) {
    List<Dim> shape = byName.getOrDefault(name, numbers.stream().map(Dim::of).toList());
    boolean fits = shape.size() == numbers.size();
    for (int axis = 0; fits && axis < shape.size(); axis++) {
      long number = numbers.get(axis);
      fits =
          switch (shape.get(axis)) {
            case Dim.Symbol symbol ->
                number >= symbol.least()
                    && number <= symbol.most()
                    && sizes.merge(symbol.name(), number, (before, now) -> before) == number;
            case Dim.Known(long value) -> value == number;
            case Dim.Derived _ -> true;
          };
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "input '%s' is %s, which %s does not fit".formatted(name, texts().get(name), numbers));
    }
  }

  /** The shapes that are all numbers. */
  public Map<String, List<Long>> known() {
    Map<String, List<Long>> known = new LinkedHashMap<>();
    byName.forEach(
        (name, shape) -> {
          if (shape.stream().allMatch(Dim::isKnown)) {
            known.put(name, shape.stream().map(Dim::value).toList());
          }
        });
    return known;
  }
}
