package org.jtvmc.tests.device;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Definitions of the intrinsics that work on fragments of matrices, in LLVM IR: they give a warp's
 * operands to {@code device_threads.c} as an array of words.
 */
final class MatrixFunctions {
  private static final int LEFT_SIGNED = 4;
  private static final int RIGHT_SIGNED = 8;

  private static final Pattern DECLARATION =
      Pattern.compile(
          "(?m)^declare (\\{[^}]*\\}) @(nvvm\\.(?:ldmatrix|mma)\\.[\\w.]+)\\((.*)\\).*$");

  private MatrixFunctions() {}

  /** The module with definitions in the place of declarations. */
  static String define(String llvm) {
    String defined =
        DECLARATION
            .matcher(llvm)
            .replaceAll(
                found ->
                    Matcher.quoteReplacement(
                        definition(found.group(1), found.group(2), found.group(3))));
    return defined.equals(llvm)
        ? llvm
        : defined
            + """

            declare void @device.ldmatrix(i64, i32, i32, ptr)
            declare void @device.mma(ptr, i32, ptr)
            """;
  }

  private static String definition(String result, String name, String parameters) {
    boolean load = name.contains("ldmatrix");
    List<String> types = types(parameters);
    List<String> results = types(result.substring(1, result.length() - 1));
    StringBuilder text = new StringBuilder();
    String declared =
        IntStream.range(0, types.size())
            .mapToObj(i -> types.get(i) + " %a" + i)
            .collect(Collectors.joining(", "));
    text.append("define %s @%s(%s) {%n".formatted(result, name, declared));
    text.append("  %results = alloca [4 x i32]\n  %operands = alloca [16 x i32]\n");
    if (load) {
      text.append("  %row = ptrtoint ptr addrspace(3) %a0 to i64\n");
      text.append(
          "  call void @device.ldmatrix(i64 %%row, i32 %d, i32 %d, ptr %%results)%n"
              .formatted(results.size(), name.contains(".trans") ? 1 : 0));
    } else {
      for (int i = 0; i < types.size(); i++) {
        text.append("  %%o%d = getelementptr i32, ptr %%operands, i64 %d%n".formatted(i, i));
        text.append("  store %s %%a%d, ptr %%o%d%n".formatted(types.get(i), i, i));
      }
      text.append(
          "  call void @device.mma(ptr %%operands, i32 %d, ptr %%results)%n"
              .formatted(type(name, types.getFirst())));
    }
    String before = "poison";
    for (int i = 0; i < results.size(); i++) {
      String type = results.get(i);
      text.append("  %%p%d = getelementptr i32, ptr %%results, i64 %d%n".formatted(i, i));
      text.append("  %%v%d = load %s, ptr %%p%d%n".formatted(i, type, i));
      text.append(
          "  %%r%d = insertvalue %s %s, %s %%v%d, %d%n".formatted(i, result, before, type, i, i));
      before = "%r" + i;
    }
    return text.append("  ret %s %s%n}".formatted(result, before)).toString();
  }

  /** The types of a list, without attributes. */
  private static List<String> types(String list) {
    return Stream.of(list.split(","))
        .map(String::strip)
        .map(
            type ->
                Optional.of(Pattern.compile("^(<[^>]*>|ptr addrspace\\(\\d\\)|\\w+)").matcher(type))
                    .filter(Matcher::find)
                    .map(Matcher::group)
                    .orElse(type))
        .toList();
  }

  /** Which numbers are multiplied, as the C file counts them. */
  private static int type(String name, String left) {
    if (left.contains("half")) {
      return 0;
    }
    if (name.endsWith("bf16")) {
      return 1;
    }
    if (name.endsWith("tf32")) {
      return 3;
    }
    String types = name.substring(name.indexOf(".col") + 4);
    boolean leftSigned = types.startsWith(".s8");
    boolean rightSigned = types.endsWith(".s8");
    return 2 + (leftSigned ? LEFT_SIGNED : 0) + (rightSigned ? RIGHT_SIGNED : 0);
  }
}
