package org.jtvmc.tuner.draft;

import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;
import org.jtvmc.tuner.feature.LoopAnalysis;

/**
 * Estimates how long a kernel takes from its loops alone: cheap enough to sift thousands of
 * candidates, right enough to drop the hopeless ones. Only the order of its estimates matters.
 */
@FunctionalInterface
public interface DraftModel {

  /** The estimated time of one run, in milliseconds; positive. */
  double estimateMs(LoopAnalysis loops);

  /** The model for a target. */
  static DraftModel of(Target target) {
    return switch (target) {
      case CpuTarget cpu -> new RooflineDraft(cpu);
      case CudaTarget gpu -> new OccupancyDraft(gpu);
    };
  }
}
