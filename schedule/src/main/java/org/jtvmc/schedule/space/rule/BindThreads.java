package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.AutoUnroll;
import org.jtvmc.schedule.step.Bind;
import org.jtvmc.schedule.step.Fuse;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Vectorize;

/**
 * Any stage at the root: one thread for each element of the output, or for each vector of elements,
 * consecutive ones side by side; a reduction runs inside its thread.
 */
public final class BindThreads implements SketchRule {
  private static final List<Long> THREADS = List.of(32L, 64L, 128L, 256L, 512L, 1024L);
  private static final int MOST_VECTOR_BYTES = 16;

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return stage.isRoot()
        && stage.isFresh()
        && stage.axes().stream().anyMatch(axis -> !axis.isReduce());
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    String id = stage.id();
    List<String> spatial =
        stage.axes().stream().filter(axis -> !axis.isReduce()).map(IterVar::id).toList();
    String all = spatial.getFirst();
    if (spatial.size() > 1) {
      Fuse fuse = new Fuse(id, spatial);
      state.apply(fuse);
      all = fuse.fused();
    }
    long elements = state.stage(id).leaf(all).orElseThrow().extent();
    long width = state.pick(id + ".width", widths(stage), preferredWidth(state, stage, elements));
    long vectors = elements / width;
    long threads = state.pick(id + ".threads", THREADS, preferredThreads(state.gpu(), vectors));
    if (width > 1) {
      state.apply(new Split(id, all, List.of(width)));
      String vector = state.stage(id).leaves().get(1).id();
      all = state.stage(id).leaves().getFirst().id();
      if (stage.isReduction()) {
        state.apply(new AutoUnroll(id, 4));
      } else {
        state.apply(new Vectorize(id, vector));
      }
    }
    state.apply(new Split(id, all, List.of(threads)));
    List<IterVar> leaves = state.stage(id).leaves();
    String block = leaves.get(0).id();
    String thread = leaves.get(1).id();
    state.apply(new Bind(id, block, ThreadTag.BLOCK_X));
    state.apply(new Bind(id, thread, ThreadTag.THREAD_X));
  }

  /** How many elements one thread may compute: what divides the innermost axis. */
  private static List<Long> widths(Stage stage) {
    List<Long> widths = new ArrayList<>(List.of(1L));
    if (stage.isReduction()) {
      return widths;
    }
    long innermost = stage.op().axes().getLast().size();
    for (long width = 2; width * stage.op().dtype().bytes() <= MOST_VECTOR_BYTES; width *= 2) {
      if (innermost % width == 0) {
        widths.add(width);
      }
    }
    return widths;
  }

  /**
   * The widest accesses, where enough threads are left and every operand moves with the output, or
   * by an index that is computed or looked up: then the results are written side by side at least.
   */
  private static long preferredWidth(SketchState state, Stage stage, long elements) {
    if (stage.isReduction() || stage.op().axes().isEmpty()) {
      return 1;
    }
    Axis inner = stage.op().axes().getLast();
    boolean together =
        Access.of(state.schedule(), stage).stream()
            .allMatch(
                access -> {
                  OptionalLong stride = access.stride(inner.var());
                  return stride.isEmpty() || stride.getAsLong() == 0 || stride.getAsLong() == 1;
                });
    long best = 1;
    for (long width : widths(stage)) {
      if (together && elements / width >= 256L * state.gpu().multiprocessors()) {
        best = width;
      }
    }
    return best;
  }

  /** As many as give each multiprocessor a block. */
  private static long preferredThreads(CudaTarget gpu, long vectors) {
    long threads = 256;
    while (threads > 64 && vectors / threads < gpu.multiprocessors()) {
      threads /= 2;
    }
    return threads;
  }
}
