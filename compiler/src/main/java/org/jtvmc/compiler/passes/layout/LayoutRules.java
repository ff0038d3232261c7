package org.jtvmc.compiler.passes.layout;

import java.util.List;

/** The list of the layout rules, in the order in which they are tried. */
final class LayoutRules {

  private LayoutRules() {}

  static List<LayoutRule> all() {
    return List.of(
        new MoveConvolution(),
        new MovePooling(),
        new MovePadding(),
        new MoveElementwise(),
        new MoveConcatenation(),
        new MoveDimensions());
  }
}
