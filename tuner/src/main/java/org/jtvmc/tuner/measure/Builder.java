package org.jtvmc.tuner.measure;

import java.util.List;

/** Compiles candidates. Never throws for what is a candidate's fault. */
public interface Builder {

  /** One outcome for each source, in order. */
  List<BuildOutcome> build(List<KernelSource> sources);
}
