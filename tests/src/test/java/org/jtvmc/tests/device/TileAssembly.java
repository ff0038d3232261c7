package org.jtvmc.tests.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The PTX that stands in a module as assembly and has the device copy boxes of tensors, as calls of
 * {@code device_tiles.h}.
 */
final class TileAssembly {
  static final String DECLARATIONS =
      """

      declare void @device.mbarrier_init(i64, i32)
      declare void @device.mbarrier_inval(i64)
      declare void @device.mbarrier_expect(i64, i32)
      declare void @device.mbarrier_wait(i64, i32)
      declare void @device.tile(i64, ptr, i64, i32, i32, i32, i32, i32, i32)
      declare void @device.pixels(i64, ptr, i64, i32, i32, i32, i32, i32, i32, i16, i16, i16)
      """;

  private static final int MOST_DIMENSIONS = 5;

  private static final Pattern INIT =
      Pattern.compile("mbarrier\\.init\\.shared::cta\\.b64 \\[\\$0], (\\d+);");

  private static final Pattern EXPECT =
      Pattern.compile("mbarrier\\.arrive\\.expect_tx\\.shared::cta\\.b64 _, \\[\\$0], (\\d+);");

  private static final Pattern TILE =
      Pattern.compile(
          "cp\\.async\\.bulk\\.tensor\\.(\\d)d\\.shared::cluster\\.global\\.mbarrier::complete_tx::bytes"
              + " \\[\\$0], \\[\\$1, \\{([$,\\d]+)}], \\[\\$(\\d)];");

  private static final Pattern PIXELS =
      Pattern.compile(
          "cp\\.async\\.bulk\\.tensor\\.(\\d)d\\.shared::cluster\\.global\\.im2col\\.mbarrier::complete_tx::bytes"
              + " \\[\\$0], \\[\\$1, \\{([$,\\d]+)}], \\[\\$(\\d)], \\{([$,\\d]+)};");

  /** What has no further operands, by its text. */
  private static final Map<String, String> PLAIN =
      Map.of(
          "mbarrier.inval.shared::cta.b64 [$0];",
          "mbarrier_inval",
          "{ .reg .pred there; again: mbarrier.try_wait.parity.shared::cta.b64 there, [$0], $1; "
              + "@!there bra again; }",
          "mbarrier_wait");

  private TileAssembly() {}

  /**
   * The call in the place of an instruction; empty where it is no such one.
   *
   * @param operands each with its type
   */
  static Optional<String> call(String text, List<String> operands) {
    if (text.equals("fence.mbarrier_init.release.cluster;")) {
      // Objects are visible to the device from their beginning on.
      return Optional.of("");
    }
    Matcher init = INIT.matcher(text);
    Matcher expect = EXPECT.matcher(text);
    Matcher tile = TILE.matcher(text);
    if (PLAIN.containsKey(text)) {
      return Optional.of(call(PLAIN.get(text), operands, List.of()));
    }
    if (init.matches()) {
      return Optional.of(call("mbarrier_init", operands, List.of("i32 " + init.group(1))));
    }
    if (expect.matches()) {
      return Optional.of(call("mbarrier_expect", operands, List.of("i32 " + expect.group(1))));
    }
    if (tile.matches()) {
      return Optional.of(tile(tile, operands));
    }
    Matcher pixels = PIXELS.matcher(text);
    return pixels.matches() ? Optional.of(pixels(pixels, operands)) : Optional.empty();
  }

  private static String tile(Matcher tile, List<String> operands) {
    int rank = Integer.parseInt(tile.group(1));
    if (operands.size() != rank + 3 || Integer.parseInt(tile.group(3)) != rank + 2) {
      throw new AssertionError("a tile of %d dimensions has %s".formatted(rank, operands));
    }
    return call("tile", begin(rank, operands), List.of());
  }

  /** Pixels have an offset for each dimension of an image. */
  private static String pixels(Matcher pixels, List<String> operands) {
    int rank = Integer.parseInt(pixels.group(1));
    int spatial = rank - 2;
    if (rank < 3
        || operands.size() != rank + 3 + spatial
        || Integer.parseInt(pixels.group(3)) != rank + 2
        || pixels.group(4).split(",").length != spatial) {
      throw new AssertionError("pixels of %d dimensions have %s".formatted(rank, operands));
    }
    List<String> offsets = new ArrayList<>(operands.subList(rank + 3, operands.size()));
    while (offsets.size() < MOST_DIMENSIONS - 2) {
      offsets.add("i16 0");
    }
    return call("pixels", begin(rank, operands), offsets);
  }

  /** The place, the map, the object, the rank and the corner. */
  private static List<String> begin(int rank, List<String> operands) {
    List<String> all = new ArrayList<>(operands.subList(0, 2));
    all.add(operands.get(rank + 2));
    all.add("i32 " + rank);
    all.addAll(operands.subList(2, rank + 2));
    while (all.size() < MOST_DIMENSIONS + 4) {
      all.add("i32 0");
    }
    return all;
  }

  private static String call(String name, List<String> operands, List<String> further) {
    List<String> all = new ArrayList<>(operands);
    all.addAll(further);
    return "call void @device.%s(%s)".formatted(name, String.join(", ", all));
  }
}
