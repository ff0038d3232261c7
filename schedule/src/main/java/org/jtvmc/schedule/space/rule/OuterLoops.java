package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Fuse;
import org.jtvmc.schedule.step.Parallel;

/** The order of the loops over tiles, and how many of them are divided among the threads. */
final class OuterLoops {
  /** Chunks per thread that let a static division come out even enough. */
  private static final int CHUNKS_PER_CORE = 8;

  private OuterLoops() {}

  /** An order of loops, outermost first. */
  record Order(List<String> loops) {}

  /**
   * Decides the order: natural, or the loop over the vectorised operand's panels outermost, so that
   * one panel stays in the cache while all rows pass by. The expert prefers that for a plain matrix
   * product of two results, and wherever it moves less memory.
   *
   * @param stage whose loops they are
   */
  static Order order(
      SketchState state,
      String decision,
      Stage stage,
      List<String> outer,
      String panel,
      List<Access> accesses) {
    List<String> panelFirst = new ArrayList<>(outer);
    panelFirst.remove(panel);
    panelFirst.addFirst(panel);
    if (panelFirst.equals(outer)) {
      return new Order(outer);
    }
    boolean dataOnly =
        accesses.size() == 2
            && accesses.stream()
                .allMatch(
                    access ->
                        access.indices().size() <= 2 && access.tensor().constantSource().isEmpty());
    String picked =
        state.pick(
            decision + ".order",
            List.of("natural", "panels"),
            dataOnly || panelsMoveLess(state.target(), stage, outer, panel, accesses)
                ? "panels"
                : "natural");
    return new Order(picked.equals("panels") ? panelFirst : outer);
  }

  /**
   * True where reading the data again for each panel of the constant operand moves fewer bytes into
   * the second cache than reading that operand again for each tile of the other loops.
   */
  private static boolean panelsMoveLess(
      CpuTarget target, Stage stage, List<String> outer, String panel, List<Access> accesses) {
    double constant = 0;
    double data = 0;
    for (Access access : accesses) {
      double bytes = access.tensor().dtype().bytes();
      for (Axis axis : Axes.of(access.tensor().shape())) {
        bytes *= axis.size();
      }
      if (access.tensor().constantSource().isPresent()) {
        constant += bytes;
      } else {
        data += bytes;
      }
    }
    double tiles = 1;
    for (String loop : outer) {
      tiles *= loop.equals(panel) ? 1 : stage.leaf(loop).map(IterVar::extent).orElse(1L);
    }
    double panels = stage.leaf(panel).map(IterVar::extent).orElse(1L);
    double cache = target.caches().l2() / 2.0;
    return (data > cache ? data * (panels - 1) : 0)
        < (constant >= cache ? constant * (tiles - 1) : 0);
  }

  /**
   * Fuses as many of the outermost {@code loops} as decided and divides them among the threads.
   *
   * @param worthThreads whether the expert would start threads at all
   */
  static void parallelize(
      SketchState state, String stage, List<String> loops, boolean worthThreads) {
    parallelize(state, stage, loops, worthThreads, false);
  }

  /**
   * The same.
   *
   * @param outermostAlone whether the expert would divide the outermost loop alone, so that a
   *     thread may prepare what it needs for one iteration of it
   */
  static void parallelize(
      SketchState state,
      String stage,
      List<String> loops,
      boolean worthThreads,
      boolean outermostAlone) {
    Stage current = state.stage(stage);
    long wanted = (long) CHUNKS_PER_CORE * state.target().cores();
    List<Integer> counts = new ArrayList<>(List.of(0));
    int preferred = 0;
    long chunks = 1;
    for (int count = 1; count <= loops.size(); count++) {
      long extent = current.leaf(loops.get(count - 1)).map(IterVar::extent).orElse(1L);
      if (extent > 1 || count == 1) {
        counts.add(count);
        if (worthThreads && chunks < wanted && (count == 1 || !outermostAlone)) {
          preferred = count;
        }
      }
      chunks *= extent;
    }
    int cores = state.target().cores();
    int count = state.pick(stage + ".parallel", counts, cores > 1 ? preferred : 0);
    if (count == 0) {
      return;
    }
    if (count == 1) {
      state.apply(new Parallel(stage, loops.getFirst()));
      return;
    }
    Fuse fuse = new Fuse(stage, loops.subList(0, count));
    state.apply(fuse);
    state.apply(new Parallel(stage, fuse.fused()));
  }
}
