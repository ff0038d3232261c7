package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Vectorize;

/**
 * Where the stages that a tiled reduction alone reads (its padded input) are computed: whole,
 * beforehand, or piece by piece inside one of the consumer's loops over tiles.
 *
 * @param sums bytes that a thread has on its stack beside a piece
 */
record InputPlacement(String consumer, String producer, long sums) {
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
    List<IterVar> loops = state.stage(consumer).leaves();
    boolean onStack = false;
    for (int k = 0; k < loops.size(); k++) {
      IterVar loop = loops.get(k);
      if (loop.forKind() == ForKind.VECTORIZED || loop.forKind() == ForKind.UNROLLED) {
        break;
      }
      onStack |= loop.forKind() == ForKind.PARALLEL && loop.extent() > 1;
      if (!onStack || pieceBytes(state, input, k + 1) + sums <= CpuTarget.MOST_STACK_BYTES) {
        options.add(loop.id());
      }
      if (state.stage(producer).attachment().equals(new Attachment.At(consumer, loop.id()))) {
        break;
      }
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

  /** What is read of {@code input} while the consumer's loops from {@code first} on run. */
  private long pieceBytes(SketchState state, Stage input, int first) {
    Stage reader = state.stage(producer);
    Stage result = state.stage(consumer);
    int[] walkedBy =
        TilePlan.consumerAxes(state, result, reader).orElseGet(() -> nobody(reader.axes().size()));
    List<Access> reads =
        Access.of(state.schedule(), reader).stream()
            .filter(access -> access.tensor() == input.tensor())
            .toList();
    long bytes = input.op().dtype().bytes();
    for (int dim = 0; dim < input.op().axes().size(); dim++) {
      long extent = 1;
      for (Access read : reads) {
        long span = 1;
        for (int i = 0; i < reader.axes().size(); i++) {
          List<Axis> spatial = reader.op().axes();
          Axis axis =
              i < spatial.size()
                  ? spatial.get(i)
                  : reader.op().reduceAxes().get(i - spatial.size());
          long walked =
              i < spatial.size() && walkedBy[i] >= 0
                  ? inside(result, result.axes().get(walkedBy[i]).id(), first)
                  : axis.size();
          OptionalLong step = Access.coefficient(read.indices().get(dim), axis.var());
          // A step that varies may lead anywhere.
          span += step.orElse(Integer.MAX_VALUE) * (Math.min(walked, axis.size()) - 1);
        }
        extent = Math.max(extent, span);
      }
      bytes *= Math.min(extent, input.op().axes().get(dim).size());
    }
    return bytes;
  }

  private static int[] nobody(int axes) {
    int[] walkedBy = new int[axes];
    Arrays.fill(walkedBy, -1);
    return walkedBy;
  }

  /** Iterations over {@code axis} in the loops of {@code stage} from {@code first} on. */
  static long inside(Stage stage, String axis, int first) {
    long iterations = 1;
    for (IterVar loop : stage.leaves().subList(first, stage.leaves().size())) {
      boolean own = loop.id().equals(axis) || loop.id().startsWith(axis + ".");
      iterations *= own ? loop.extent() : 1;
    }
    return iterations;
  }
}
