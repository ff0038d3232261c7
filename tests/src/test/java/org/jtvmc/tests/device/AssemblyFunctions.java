package org.jtvmc.tests.device;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The PTX that stands in a module as assembly, as calls of {@code device_groups.h} and {@code
 * device_blocks.h}: products of groups of warps, counters of blocks, and what orders them, read as
 * the PTX ISA says.
 */
final class AssemblyFunctions {
  private static final Pattern CALL =
      Pattern.compile(
          "call (void|i32|float|\\{[^}]*\\}) asm sideeffect \"([^\"]*)\", \"[^\"]*\"\\(");

  private static final Pattern PRODUCT =
      Pattern.compile(
          "wgmma\\.mma_async\\.sync\\.aligned\\.m64n(\\d+)k\\d+\\.(\\w+)\\.(\\w+)\\.(\\w+) "
              + "\\{[$\\d,]*\\},\\$\\d+,\\$\\d+,([\\d,]+);");

  private static final Pattern WAIT =
      Pattern.compile("wgmma\\.wait_group\\.sync\\.aligned (\\d+);");

  private static final Pattern COUNTING =
      Pattern.compile(
          "atom\\.(acq_rel|relaxed)\\.gpu\\.global\\.inc\\.u32 \\$0, \\[\\$1\\], \\$2;");

  private static final Map<String, String> PLAIN =
      Map.of(
          "fence.proxy.async.shared::cta;", "device.fence_proxy_async",
          "wgmma.fence.sync.aligned;", "device.wgmma_fence",
          "wgmma.commit_group.sync.aligned;", "device.wgmma_commit");

  private static final String DECLARATIONS =
      """

      define internal i32 @device.kept_i32(i32 %value) {
        ret i32 %value
      }
      define internal float @device.kept_float(float %value) {
        ret float %value
      }
      declare i32 @device.count_block(i64, i32, i32)
      declare void @device.fence_proxy_async()
      declare void @device.wgmma_fence()
      declare void @device.wgmma_commit()
      declare void @device.wgmma_wait(i32, ptr, i32, i32)
      declare void @device.wgmma(i64, i64, ptr, i32, i32, i32)
      """;

  private static final int HALVES = 0;
  private static final int BFLOATS = 1;
  private static final int BYTES = 2;
  private static final int TFLOATS = 3;
  private static final int LEFT_SIGNED = 4;
  private static final int RIGHT_SIGNED = 8;
  private static final int REAL_MARK = 0xffc00000;
  private static final int WHOLE_MARK = 0xa5c00000;

  /** The functions that stand for instructions, by what they do. */
  private final Map<String, String> functions = new LinkedHashMap<>();

  private AssemblyFunctions() {}

  /** The module with calls of functions in the place of assembly. */
  static String define(String llvm) {
    AssemblyFunctions found = new AssemblyFunctions();
    StringBuilder changed = new StringBuilder();
    Matcher calls = CALL.matcher(llvm);
    int done = 0;
    while (calls.find()) {
      int end = closing(llvm, calls.end());
      changed.append(llvm, done, calls.start());
      String arguments = llvm.substring(calls.end(), end);
      changed.append(found.call(calls.group(1), calls.group(2), arguments));
      done = end + 1;
    }
    changed.append(llvm.substring(done));
    return done == 0
        ? llvm
        : changed
            + DECLARATIONS
            + TileAssembly.DECLARATIONS
            + String.join("", found.functions.values());
  }

  /** Where the parenthesis ends that was opened before {@code from}. */
  private static int closing(String text, int from) {
    int open = 1;
    int at = from;
    while (open > 0) {
      char c = text.charAt(at++);
      open += c == '(' ? 1 : c == ')' ? -1 : 0;
    }
    return at - 1;
  }

  /** The arguments of a call, each with its type. */
  private static List<String> split(String arguments) {
    List<String> all = new ArrayList<>();
    int open = 0;
    int begin = 0;
    for (int at = 0; at < arguments.length(); at++) {
      char c = arguments.charAt(at);
      open += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (c == ',' && open == 0) {
        all.add(arguments.substring(begin, at).strip());
        begin = at + 1;
      }
    }
    if (!arguments.isBlank()) {
      all.add(arguments.substring(begin).strip());
    }
    return all;
  }

  private String call(String result, String text, String arguments) {
    if (text.isEmpty()) {
      return "call %s @device.kept_%s(%s)".formatted(result, result, arguments);
    }
    Matcher counting = COUNTING.matcher(text);
    if (counting.matches()) {
      int publishes = counting.group(1).equals("acq_rel") ? 1 : 0;
      return "call i32 @device.count_block(%s, i32 %d)".formatted(arguments, publishes);
    }
    if (PLAIN.containsKey(text)) {
      return "call void @%s()".formatted(PLAIN.get(text));
    }
    Optional<String> ofTiles = TileAssembly.call(text, split(arguments));
    if (ofTiles.isPresent()) {
      return ofTiles.get();
    }
    Matcher wait = WAIT.matcher(text);
    Matcher product = PRODUCT.matcher(text);
    if (!wait.matches() && !product.matches()) {
      throw new AssertionError("assembly that this stand-in does not know: " + text);
    }
    List<String> types = new ArrayList<>();
    for (String argument : split(arguments)) {
      types.add(argument.split(" ")[0]);
    }
    String key = text + types.size();
    String name = "assembly." + functions.size();
    if (functions.containsKey(key)) {
      name = "assembly." + List.copyOf(functions.keySet()).indexOf(key);
    } else {
      functions.put(key, define(name, result, types, text));
    }
    return "call %s @%s(%s)".formatted(result, name, arguments);
  }

  private static String define(String name, String result, List<String> types, String text) {
    Matcher wait = WAIT.matcher(text);
    boolean waits = wait.matches();
    int descriptors = waits ? 0 : 2;
    int sums = types.size() - descriptors;
    StringBuilder body = new StringBuilder();
    String parameters =
        IntStream.range(0, types.size())
            .mapToObj(i -> types.get(i) + " %a" + i)
            .collect(Collectors.joining(", "));
    body.append("%ndefine %s @%s(%s) {%n".formatted(result, name, parameters));
    body.append("  %%sums = alloca [%d x i32]%n".formatted(Math.max(1, sums)));
    for (int i = 0; i < sums; i++) {
      body.append("  %%p%d = getelementptr i32, ptr %%sums, i64 %d%n".formatted(i, i));
      body.append(
          "  store %s %%a%d, ptr %%p%d%n"
              .formatted(types.get(descriptors + i), descriptors + i, i));
    }
    body.append("  call void ");
    if (waits) {
      int mark = sums > 0 && types.getFirst().equals("float") ? REAL_MARK : WHOLE_MARK;
      body.append(
          "@device.wgmma_wait(i32 %s, ptr %%sums, i32 %d, i32 %d)%n"
              .formatted(wait.group(1), sums, mark));
    } else {
      body.append(multiplication(text));
    }
    if (sums == 0) {
      return body.append("  ret void\n}\n").toString();
    }
    String before = "poison";
    for (int i = 0; i < sums; i++) {
      String type = types.get(descriptors + i);
      body.append("  %%v%d = load %s, ptr %%p%d%n".formatted(i, type, i));
      body.append(
          "  %%r%d = insertvalue %s %s, %s %%v%d, %d%n".formatted(i, result, before, type, i, i));
      before = "%r" + i;
    }
    return body.append("  ret %s %s%n}%n".formatted(result, before)).toString();
  }

  private static String multiplication(String text) {
    Matcher product = PRODUCT.matcher(text);
    if (!product.matches()) {
      throw new AssertionError("no product: " + text);
    }
    // Whether sums are added to, signs of both factors, then whether they lie the other way.
    List<String> flags = List.of(product.group(5).split(","));
    boolean plain = flags.subList(0, Math.min(3, flags.size())).stream().allMatch("1"::equals);
    if (!plain) {
      throw new AssertionError("a product that this stand-in does not know: " + text);
    }
    int turned =
        flags.size() < 5 ? 0 : Integer.parseInt(flags.get(3)) + 2 * Integer.parseInt(flags.get(4));
    return "@device.wgmma(i64 %%a0, i64 %%a1, ptr %%sums, i32 %s, i32 %d, i32 %d)%n"
        .formatted(product.group(1), type(product.group(3), product.group(4)), turned);
  }

  private static int type(String left, String right) {
    return switch (left) {
      case "f16" -> HALVES;
      case "bf16" -> BFLOATS;
      case "tf32" -> TFLOATS;
      case "s8", "u8" ->
          BYTES + (left.equals("s8") ? LEFT_SIGNED : 0) + (right.equals("s8") ? RIGHT_SIGNED : 0);
      default -> throw new AssertionError("factors that this stand-in does not know: " + left);
    };
  }
}
