package org.jtvmc.compiler.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** Lists with names, as options take them: {@code "x:[1,3] y:[2]"}. */
final class NamedLists {
  private static final Pattern LIST =
      Pattern.compile("\\s*,?\\s*(\\S+?)\\s*:\\s*\\[([^\\]]*)\\]\\s*");

  private static final Pattern LIST_OR_SINGLE =
      Pattern.compile("\\s*,?\\s*(\\S+?)\\s*:\\s*(?:\\[([^\\]]*)\\]|([^\\s,\\[]+))\\s*");

  private NamedLists() {}

  /**
   * The lists in the order of the text.
   *
   * @param single whether one element may stand without brackets
   * @param fault the end of the sentence of a text that is something else
   */
  static Map<String, List<String>> parse(String text, boolean single, String fault) {
    Map<String, List<String>> lists = new LinkedHashMap<>();
    Matcher matcher = (single ? LIST_OR_SINGLE : LIST).matcher(text);
    int end = 0;
    while (matcher.find() && matcher.start() == end) {
      String list = matcher.group(2) == null ? matcher.group(3) : matcher.group(2);
      lists.put(
          matcher.group(1),
          list.isBlank()
              ? List.of()
              : Arrays.stream(list.split(",", -1)).map(String::strip).toList());
      end = matcher.end();
    }
    if (end != text.length() || lists.isEmpty()) {
      throw new TypeConversionException("'%s' %s".formatted(text, fault));
    }
    return lists;
  }
}
