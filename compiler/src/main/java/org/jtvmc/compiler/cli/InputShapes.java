package org.jtvmc.compiler.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jtvmc.compiler.onnx.GivenShapes;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The shapes of {@code --input-shapes "x:[1,3,224,224],y:[n:1..8,8]"}; a comma or a blank between.
 * A name in the place of a size leaves it open.
 */
record InputShapes(GivenShapes given) {

  static final InputShapes NONE = new InputShapes(GivenShapes.NONE);

  /** The shapes, where all sizes are numbers. */
  Map<String, List<Long>> byName() {
    if (given.isOpen()) {
      throw new UsageException("sizes cannot be left open here; give numbers in --input-shapes");
    }
    return given.known();
  }

  private static final Pattern ONE =
      Pattern.compile("\\s*,?\\s*(\\S+?)\\s*:\\s*\\[([^\\]]*)\\]\\s*");

  /** For the command line. */
  static final class Converter implements ITypeConverter<InputShapes> {
    @Override
    public InputShapes convert(String text) {
      return parse(text);
    }
  }

  static InputShapes parse(String text) {
    Map<String, List<String>> shapes = new LinkedHashMap<>();
    Matcher matcher = ONE.matcher(text);
    int end = 0;
    while (matcher.find() && matcher.start() == end) {
      String list = matcher.group(2);
      shapes.put(
          matcher.group(1),
          list.isBlank()
              ? List.of()
              : Arrays.stream(list.split(",", -1)).map(String::strip).toList());
      end = matcher.end();
    }
    if (end != text.length() || shapes.isEmpty()) {
      throw new TypeConversionException(
          "'%s' is no list of shapes; write \"x:[1,3,224,224]\"".formatted(text));
    }
    shapes.values().forEach(shape -> shape.forEach(size -> check(size, text)));
    try {
      return new InputShapes(GivenShapes.parse(shapes));
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException("'%s': %s".formatted(text, e.getMessage()));
    }
  }

  private static void check(String size, String text) {
    if (!GivenShapes.isSize(size)) {
      throw new TypeConversionException("'%s' has '%s' for a size".formatted(text, size));
    }
  }
}
