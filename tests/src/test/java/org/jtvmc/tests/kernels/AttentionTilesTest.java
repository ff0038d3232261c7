package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.Candidate.Decision;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tuner.draft.DraftModel;
import org.jtvmc.tuner.feature.LoopAnalysis;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The tile that the rule prefers by its arithmetic, held against the model of the lowered loops.
 */
class AttentionTilesTest {
  /**
   * How much longer than the best tile the preferred one may take by the model, which knows nothing
   * of the waiting for rows' maxima and sums.
   */
  private static final double TOLERANCE = 1.2;

  @ParameterizedTest
  @CsvSource({
    "float16, 96, 512, 64, 80",
    "float16, 16, 1024, 64, 80",
    "float16, 16, 1024, 64, 90",
    "bfloat16, 12, 128, 64, 80",
    "float16, 96, 256, 128, 80",
    "float32, 96, 128, 64, 90",
    "float32, 12, 512, 64, 90",
    "float32, 16, 1024, 32, 75",
  })
  void thePreferredTileIsNearlyTheBest(String type, long heads, long keys, long depth, int arch) {
    ComputeDag dag =
        AttentionInBlocksTest.attention(
            AttentionInBlocksTest.Form.ADDED, type, heads, keys, keys, depth, depth);
    CudaTarget gpu = CudaTarget.typical(arch);
    DesignSpace space = DesignSpace.of(dag, gpu);
    Candidate preferred = space.replay(Map.of("transpose.chain", "together"));
    double best = Double.POSITIVE_INFINITY;
    for (String tile : options(preferred)) {
      Map<String, String> decisions = Map.of("transpose.chain", "together", "transpose.tile", tile);
      best = Math.min(best, ms(space.replay(decisions), gpu));
    }
    double own = ms(preferred, gpu);
    assertTrue(own <= TOLERANCE * best, own + " ms, the best " + best + ": " + preferred.values());
  }

  private static List<String> options(Candidate candidate) {
    return candidate.decisions().stream()
        .filter(decision -> decision.name().equals("transpose.tile"))
        .findFirst()
        .map(Decision::options)
        .orElseThrow();
  }

  private static double ms(Candidate candidate, CudaTarget gpu) {
    return DraftModel.of(gpu)
        .estimateMs(LoopAnalysis.of(Lowering.lower(candidate.schedule(), "attention").func()));
  }
}
