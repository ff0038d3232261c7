package org.jtvmc.compiler.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Numbers that inputs hold, as {@code --input-values} takes them: {@code "axis:1 block:[2,2]"}.
 *
 * @param byName by input name
 */
record InputValues(Map<String, List<Double>> byName) {

  static final InputValues NONE = new InputValues(Map.of());

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
    NamedLists.parse(text, true, "names no numbers; write \"axis:1 block:[2,2]\"")
        .forEach(
            (name, numbers) ->
                values.put(name, numbers.stream().map(number -> number(number, text)).toList()));
    return new InputValues(values);
  }

  private static double number(String number, String text) {
    try {
      return Double.parseDouble(number);
    } catch (NumberFormatException e) {
      throw new TypeConversionException(
          "'%s' has no number where one must be: %s".formatted(text, e.getMessage()));
    }
  }
}
