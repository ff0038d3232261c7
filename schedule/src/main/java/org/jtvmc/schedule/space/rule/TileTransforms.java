package org.jtvmc.schedule.space.rule;

import java.util.List;
import java.util.Optional;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;

/**
 * A batch of matrix products between two transforms, as Winograd's convolutions have it: the data
 * is transformed, multiplied with a transformed constant, and what is written reads several
 * products for each element. All of it is scheduled as one, see {@link TransformPlan}.
 */
public final class TileTransforms implements SketchRule {

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return !stage.isReduction()
        && stage.isFresh()
        && stage.isRoot()
        && state.answer(
            "transforms in " + stage.id(), Boolean.class, () -> plan(state, stage).isPresent());
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    plan(state, stage).orElseThrow().apply(state);
  }

  private static Optional<TransformPlan> plan(SketchState state, Stage consumer) {
    return transformed(state, consumer)
        .flatMap(
            sums ->
                transformed(state, sums)
                    .filter(product -> product.isReduction())
                    .flatMap(product -> TransformPlan.of(state, consumer, sums, product)));
  }

  /** The stage of which {@code reader}, and nothing else, reads several elements for each. */
  private static Optional<Stage> transformed(SketchState state, Stage reader) {
    List<Access> accesses = Access.of(state.schedule(), reader);
    return accesses.stream()
        .map(access -> state.schedule().stageOf(access.tensor()))
        .flatMap(Optional::stream)
        .distinct()
        .filter(
            stage ->
                !stage.isOutput()
                    && stage.isFresh()
                    && state.readers(stage).size() == 1
                    && accesses.stream()
                            .filter(access -> access.tensor() == stage.tensor())
                            .distinct()
                            .count()
                        > 1)
        .findFirst();
  }
}
