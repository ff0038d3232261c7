package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import org.jtvmc.codegen.peak.MachinePeaks;

/** How measured peaks look in JSON. */
final class PeakNodes {

  private PeakNodes() {}

  static void fill(ObjectNode node, MachinePeaks peaks) {
    node.put("threads", peaks.threads());
    node.put("fma_gflops", peaks.multiplyAddGflops());
    peaks
        .readGbS()
        .forEach(
            (level, bandwidth) ->
                node.put(level.name().toLowerCase(Locale.ROOT) + "_read_gb_s", bandwidth));
    node.put("fork_join_us", peaks.forkJoinUs());
  }
}
