package org.jtvmc.ir.text;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/** How names are spelt in the text form. */
final class Names {
  private static final Pattern PLAIN = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");

  /** Words that a dimension's symbol would be mistaken for, were it not quoted. */
  private static final Set<String> KEYWORDS =
      Set.of(
          "outputs",
          "def",
          "let",
          "from",
          "if",
          "else",
          "const",
          "fn",
          "max",
          "min",
          "Tensor",
          "Infinity",
          "NaN");

  private final Set<String> taken = new HashSet<>();

  /** The name itself, or with a number behind it where it is taken already. */
  String unique(String name) {
    String candidate = name;
    for (int i = 1; !taken.add(candidate); i++) {
      candidate = name + "_" + i;
    }
    return candidate;
  }

  /** A variable: {@code %x}, {@code %"input.1"}. */
  static String local(String name) {
    return "%" + (PLAIN.matcher(name).matches() ? name : quote(name));
  }

  /** A function: {@code @main}. */
  static String global(String name) {
    return "@" + (PLAIN.matcher(name).matches() ? name : quote(name));
  }

  static String symbol(String name) {
    return PLAIN.matcher(name).matches() && !KEYWORDS.contains(name) ? name : quote(name);
  }

  static String quote(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        default -> {
          if (c < ' ' || c == 0x7f) {
            quoted.append("\\u%04x".formatted((int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }

  /**
   * The inverse of {@link #quote}.
   *
   * @throws IllegalArgumentException for an escape that quote does not write
   */
  static String unquote(String quoted) {
    StringBuilder text = new StringBuilder();
    int end = quoted.length() - 1;
    for (int i = 1; i < end; i++) {
      char c = quoted.charAt(i);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      i++;
      switch (quoted.charAt(i)) {
        case '"' -> text.append('"');
        case '\\' -> text.append('\\');
        case 'n' -> text.append('\n');
        case 'r' -> text.append('\r');
        case 't' -> text.append('\t');
        case 'u' -> {
          if (i + 4 >= end || !quoted.substring(i + 1, i + 5).matches("[0-9a-fA-F]{4}")) {
            throw new IllegalArgumentException("'\\u' needs four hexadecimal digits");
          }
          text.append((char) Integer.parseInt(quoted.substring(i + 1, i + 5), 16));
          i += 4;
        }
        default ->
            throw new IllegalArgumentException("unknown escape '\\" + quoted.charAt(i) + "'");
      }
    }
    return text.toString();
  }

  /** The name of a {@link #local} or {@link #global} token, or of a dimension's symbol. */
  static String plain(String token) {
    String name = token.startsWith("%") || token.startsWith("@") ? token.substring(1) : token;
    return name.startsWith("\"") ? unquote(name) : name;
  }
}
