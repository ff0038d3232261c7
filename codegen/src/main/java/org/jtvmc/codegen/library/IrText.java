package org.jtvmc.codegen.library;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/** LLVM IR in the making: text, and constants that it refers to. */
final class IrText {

  private final StringBuilder text = new StringBuilder();
  private int constants;

  IrText append(String more) {
    text.append(more);
    return this;
  }

  /** A constant C string; its name. */
  String string(String value) {
    return bytes((value + "\0").getBytes(UTF_8));
  }

  /** Constant bytes, aligned for anything; their name. */
  String bytes(byte[] value) {
    var name = "@data." + constants++;
    text.append(
        "%s = private unnamed_addr constant [%d x i8] c%s, align 16\n"
            .formatted(name, value.length, quoted(value)));
    return name;
  }

  /** A constant array of elements that are written with their type; its name. */
  String array(String type, List<String> elements) {
    var name = "@array." + constants++;
    text.append(
        "%s = private unnamed_addr constant [%d x %s] [%s]\n"
            .formatted(name, elements.size(), type, String.join(", ", elements)));
    return name;
  }

  static String quoted(String value) {
    return quoted(value.getBytes(UTF_8));
  }

  /** LLVM's quoting: what is no plain character is a backslash and two hexadecimal digits. */
  private static String quoted(byte[] value) {
    var quoted = new StringBuilder(value.length + value.length / 4).append('"');
    for (byte b : value) {
      if (b >= ' ' && b < 127 && b != '"' && b != '\\') {
        quoted.append((char) b);
      } else {
        quoted.append('\\').append(HEX.charAt((b >> 4) & 15)).append(HEX.charAt(b & 15));
      }
    }
    return quoted.append('"').toString();
  }

  private static final String HEX = "0123456789ABCDEF";

  @Override
  public String toString() {
    return text.toString();
  }
}
