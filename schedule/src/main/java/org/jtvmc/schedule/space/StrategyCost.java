package org.jtvmc.schedule.space;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.FlopCount;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.rule.TileInBlocks;

/**
 * Which algorithm to take where none was measured: a sum, over the stages, of what the arithmetic
 * takes at the speed that tiled reductions and vectorised transforms reach, of moving intermediate
 * results through the second cache, and of bringing in constants that do not fit there.
 */
final class StrategyCost {
  /** Two units of multiply-adds, nine tenths of the time. */
  private static final double REDUCTION_FLOPS_PER_LANE = 3.4;

  /** Transforms are bound by their loads and stores. */
  private static final double OTHER_FLOPS_PER_LANE = 1;

  private static final double CACHE_BYTES_PER_CYCLE = 24;
  private static final double MEMORY_BYTES_PER_CYCLE = 8;

  private StrategyCost() {}

  /**
   * The names of the strategies that are considered for {@code target}; the first is among them.
   */
  static List<String> offered(ComputeDag dag, Target target) {
    boolean onGpus =
        switch (target) {
          case CpuTarget _ -> false;
          case CudaTarget gpu -> gpu.hasTensorCores();
        };
    return dag.strategies().stream().filter(name -> onGpus || !dag.isOnGpus(name)).toList();
  }

  /** The name of the cheapest strategy of {@code dag}; the first where a target says nothing. */
  static String cheapest(ComputeDag dag, Target target) {
    return switch (target) {
      case CpuTarget cpu -> {
        String best = dag.strategies().getFirst();
        double least = Double.POSITIVE_INFINITY;
        boolean windows = WindowCost.isFor(dag);
        for (String strategy : offered(dag, target)) {
          ComputeDag computation = dag.strategy(strategy).orElseThrow();
          double cycles = windows ? WindowCost.cycles(computation, cpu) : cycles(computation, cpu);
          if (cycles < least) {
            best = strategy;
            least = cycles;
          }
        }
        yield best;
      }
      case CudaTarget gpu -> {
        List<String> others = offered(dag, gpu).stream().filter(dag::isOnGpus).toList();
        String best = dag.strategies().getFirst();
        double least = others.isEmpty() ? 0 : cycles(dag, gpu);
        for (String strategy : others) {
          double cycles = cycles(dag.strategy(strategy).orElseThrow(), gpu);
          if (cycles < least) {
            best = strategy;
            least = cycles;
          }
        }
        yield best;
      }
    };
  }

  /** What the largest product takes; no time where there is none, which nothing undercuts. */
  private static double cycles(ComputeDag dag, CudaTarget gpu) {
    SketchState state =
        new SketchState(
            new Checkpoint(Schedule.of(dag), List.of(), Set.of(), 0, 0),
            gpu,
            Choices.expert(),
            new Answers());
    return dag.stages().stream()
        .filter(Stage::isReduction)
        .max(Comparator.comparingDouble(stage -> FlopCount.of(stage.op())))
        .map(product -> TileInBlocks.cycles(state, product).orElse(0))
        .orElse(0.0);
  }

  private static double cycles(ComputeDag dag, CpuTarget target) {
    double cycles = 0;
    double constants = 0;
    for (Stage stage : dag.stages()) {
      if (stage.tensor().constantSource().isPresent()) {
        continue;
      }
      double lanes = target.lanes(Math.max(1, stage.tensor().dtype().bytes()));
      double perLane = stage.isReduction() ? REDUCTION_FLOPS_PER_LANE : OTHER_FLOPS_PER_LANE;
      cycles += FlopCount.of(stage.op()) / filled(stage, lanes) / perLane;
      if (!stage.isOutput()) {
        cycles += 2 * bytes(stage.tensor()) / CACHE_BYTES_PER_CYCLE;
      }
      for (Tensor read : stage.reads()) {
        constants += read.constantSource().isPresent() ? bytes(read) : 0;
      }
    }
    boolean stays = constants < target.caches().l2() / 2.0;
    return cycles + (stays ? 0 : constants / MEMORY_BYTES_PER_CYCLE);
  }

  /** Lanes that have something to do: the last axis ends within a vector. */
  private static double filled(Stage stage, double lanes) {
    List<Axis> axes = stage.op().axes();
    if (stage.isReduction() || axes.isEmpty()) {
      return lanes;
    }
    double elements = axes.getLast().size();
    return elements / Math.ceil(elements / lanes);
  }

  private static double bytes(Tensor tensor) {
    double bytes = tensor.dtype().bytes();
    for (Axis axis : Axes.of(tensor.shape())) {
      bytes *= axis.size();
    }
    return bytes;
  }
}
