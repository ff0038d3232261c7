package org.jtvmc.compiler.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The shapes of {@code --input-shapes "x:[1,3,224,224],y:[1,8]"}; a comma or a blank between. */
record InputShapes(Map<String, List<Long>> byName) {

  static final InputShapes NONE = new InputShapes(Map.of());

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
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    Matcher matcher = ONE.matcher(text);
    int end = 0;
    while (matcher.find() && matcher.start() == end) {
      shapes.put(matcher.group(1), sizes(matcher.group(2), text));
      end = matcher.end();
    }
    if (end != text.length() || shapes.isEmpty()) {
      throw new TypeConversionException(
          "'%s' is no list of shapes; write \"x:[1,3,224,224]\"".formatted(text));
    }
    return new InputShapes(shapes);
  }

  private static List<Long> sizes(String list, String text) {
    List<Long> sizes = new ArrayList<>();
    if (list.isBlank()) {
      return sizes;
    }
    for (String size : list.split(",", -1)) {
      try {
        long value = Long.parseLong(size.strip());
        if (value < 1) {
          throw new TypeConversionException(
              "'%s' has the size %d; sizes are 1 or more".formatted(text, value));
        }
        sizes.add(value);
      } catch (NumberFormatException _) {
        throw new TypeConversionException("'%s' has '%s' for a size".formatted(text, size.strip()));
      }
    }
    return sizes;
  }
}
