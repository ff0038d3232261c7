package org.jtvmc.compiler.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Numbers that inputs hold, as {@code --input-values} takes them: {@code "axis:1 block:[2,2]"}.
 *
 * @param byName by input name
 */
record InputValues(Map<String, List<Double>> byName) {

  static final InputValues NONE = new InputValues(Map.of());

  private static final Pattern ONE =
      Pattern.compile("\\s*,?\\s*(\\S+?)\\s*:\\s*(?:\\[([^\\]]*)\\]|([^\\s,\\[]+))\\s*");

  InputValues {
    byName = Map.copyOf(byName);
  }

  /** For the command line. */
  static final class Converter implements ITypeConverter<InputValues> {
    @Override
    public InputValues convert(String text) {
      return parse(text);
    }
  }

  static InputValues parse(String text) {
    Map<String, List<Double>> values = new LinkedHashMap<>();
    Matcher matcher = ONE.matcher(text);
    int end = 0;
    while (matcher.find() && matcher.start() == end) {
      String list = matcher.group(2) == null ? matcher.group(3) : matcher.group(2);
      values.put(
          matcher.group(1),
          list.isBlank()
              ? List.of()
              : Arrays.stream(list.split(",", -1)).map(number -> number(number, text)).toList());
      end = matcher.end();
    }
    if (end != text.length() || values.isEmpty()) {
      throw new TypeConversionException(
          "'%s' names no numbers; write \"axis:1 block:[2,2]\"".formatted(text));
    }
    return new InputValues(values);
  }

  private static double number(String number, String text) {
    try {
      return Double.parseDouble(number.strip());
    } catch (NumberFormatException e) {
      throw new TypeConversionException(
          "'%s' has no number where one must be: %s".formatted(text, e.getMessage()));
    }
  }
}
