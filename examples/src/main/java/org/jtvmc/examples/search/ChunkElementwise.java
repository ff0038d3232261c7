package org.jtvmc.examples.search;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Fuse;
import org.jtvmc.schedule.step.Parallel;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * A sketch rule for elementwise kernels: the output is cut into chunks of consecutive elements,
 * which the threads take whole, whatever its axes are; inside of a chunk run unrolled vectors. The
 * search decides how large a chunk is and how many vectors are unrolled, which the compiler's own
 * rule leaves to the axes and to LLVM.
 *
 * <pre>{@code
 * for n, c, h, w            parallel for chunk of n*c*h*w
 *   out[n, c, h, w]   =>      for block
 *                               unroll for vector
 *                                 out[16 lanes]
 * }</pre>
 *
 * <p>{@code tune --sketch-rule org.jtvmc.examples.search.ChunkElementwise}
 */
public final class ChunkElementwise implements SketchRule {
  private static final List<Long> CHUNK_ELEMENTS = List.of(1L << 10, 1L << 12, 1L << 14, 1L << 16);
  private static final List<Long> UNROLLED_VECTORS = List.of(1L, 2L, 4L);

  /** Two chunks for each core come out even enough. */
  private static final int CHUNKS_PER_CORE = 2;

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return !stage.isReduction()
        && stage.isRoot()
        && stage.isFresh()
        && elements(stage) >= CHUNK_ELEMENTS.getFirst();
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    String id = stage.id();
    long elements = elements(stage);
    List<Long> chunks = CHUNK_ELEMENTS.stream().filter(chunk -> chunk <= elements).toList();
    long chunk = state.pick(id + ".chunk", chunks, preferred(state, chunks, elements));
    long unrolled = state.pick(id + ".unroll", UNROLLED_VECTORS, 2L);
    long lanes = state.target().lanes(stage.op().dtype().bytes());

    String all = stage.axes().getFirst().id();
    if (stage.axes().size() > 1) {
      Fuse fuse = new Fuse(id, stage.axes().stream().map(IterVar::id).toList());
      state.apply(fuse);
      all = fuse.fused();
    }
    state.apply(new Split(id, all, List.of(chunk / (unrolled * lanes), unrolled, lanes)));
    List<String> loops = new ArrayList<>();
    state.stage(id).leaves().forEach(leaf -> loops.add(leaf.id()));
    state.apply(new Parallel(id, loops.get(0)));
    state.apply(new Unroll(id, loops.get(2)));
    state.apply(new Vectorize(id, loops.get(3)));
  }

  private static long elements(Stage stage) {
    return stage.axes().stream().mapToLong(IterVar::extent).reduce(1, (a, b) -> a * b);
  }

  /** The largest chunks of which every thread still gets some. */
  private static long preferred(SketchState state, List<Long> chunks, long elements) {
    long wanted = (long) CHUNKS_PER_CORE * state.target().cores();
    return chunks.reversed().stream()
        .filter(chunk -> elements / chunk >= wanted)
        .findFirst()
        .orElse(chunks.getFirst());
  }
}
