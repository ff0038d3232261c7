package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.BodyCost;
import org.jtvmc.schedule.space.SketchState;

/**
 * The one operand of a stage that is read down its columns.
 *
 * @param row the index of the stage's axis along which it lies in memory
 */
record TurnedOperand(Access access, int row) {

  /**
   * Empty where no operand is, or several are, or where it is no tensor of its own.
   *
   * @param least rows and columns that there are at least
   * @param isFar whether the elements of a column lie so far apart that turning pays
   */
  static Optional<TurnedOperand> of(
      SketchState state, Stage stage, long least, Predicate<Access> isFar) {
    List<Axis> axes = stage.op().axes();
    if (axes.size() < 2
        || axes.getLast().size() < least
        || BodyCost.of(Access.body(state.schedule(), stage)).guards() > 0) {
      return Optional.empty();
    }
    List<TurnedOperand> found = new ArrayList<>();
    for (Access access : Access.of(state.schedule(), stage)) {
      if (isFar.test(access) && access.isLinearIn(axes)) {
        IntStream.range(0, axes.size() - 1)
            .filter(i -> axes.get(i).size() >= least)
            .filter(i -> access.stride(axes.get(i).var()).orElse(0) == 1)
            .forEach(i -> found.add(new TurnedOperand(access, i)));
      }
    }
    return found.size() == 1 && found.getFirst().isTensorOfItsOwn(state)
        ? Optional.of(found.getFirst())
        : Optional.empty();
  }

  /** An input, or a stage computed whole. */
  private boolean isTensorOfItsOwn(SketchState state) {
    return state.schedule().stageOf(access.tensor()).map(Stage::isRoot).orElse(true);
  }

  /** How many elements lie between neighbours of a column. */
  static long distance(Stage stage, Access access) {
    return access.stride(stage.op().axes().getLast().var()).orElse(0);
  }
}
