package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Vectorize;

/**
 * Where the stages that a tiled reduction alone reads (its padded input) are computed: whole,
 * beforehand, or piece by piece inside one of the consumer's loops over tiles.
 */
record InputPlacement(String consumer, String producer) {
  private static final String ROOT = "root";

  void apply(SketchState state) {
    Stage reduction = state.stage(producer);
    for (Stage input : List.copyOf(state.schedule().stages())) {
      boolean own =
          !input.isInlined()
              && !input.isReduction()
              && !input.isOutput()
              && input.isFresh()
              && state.readers(input).equals(List.of(reduction));
      if (own) {
        place(state, input);
      }
    }
  }

  private void place(SketchState state, Stage input) {
    List<String> options = new ArrayList<>(List.of(ROOT));
    for (IterVar loop : state.stage(consumer).leaves()) {
      if (loop.forKind() == ForKind.VECTORIZED || loop.forKind() == ForKind.UNROLLED) {
        break;
      }
      options.add(loop.id());
    }
    String where = state.pick(input.id() + ".at", options, ROOT);
    if (where.equals(ROOT)) {
      return;
    }
    state.apply(new ComputeAt(input.id(), consumer, where));
    String last = input.axes().getLast().id();
    int lanes = state.target().lanes(input.op().dtype().bytes());
    state.apply(new Split(input.id(), last, List.of((long) lanes)));
    state.apply(new Vectorize(input.id(), last + ".1"));
    state.markScheduled(input.id());
  }
}
