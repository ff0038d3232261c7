package org.jtvmc.tests.fuzz;

import java.util.List;
import java.util.stream.Stream;

/** What a random graph may grow by. */
final class GraphChoices {

  private GraphChoices() {}

  static List<GraphChoice> all() {
    return Stream.of(
            ElementwiseChoices.all(),
            ReductionChoices.all(),
            WindowChoices.all(),
            ProductChoices.all(),
            MovementChoices.all())
        .flatMap(List::stream)
        .toList();
  }

  /** The same, and arithmetic on shapes. */
  static List<GraphChoice> withShapes() {
    return Stream.concat(all().stream(), ShapeChoices.all().stream()).toList();
  }
}
