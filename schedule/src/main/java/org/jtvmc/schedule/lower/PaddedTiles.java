package org.jtvmc.schedule.lower;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Stage;

/**
 * The tiles in a GPU block's shared memory that have zeros where they go beyond their tensor, and
 * the reductions that read nothing else. Those run without conditions: a thread whose elements do
 * not exist reduces zeros in registers of its own, which nobody reads, and all threads of a warp do
 * the same. Who else reads such a tile reads what is inside of the tensor.
 */
final class PaddedTiles {
  private final Set<Tensor> tiles = new HashSet<>();
  private final Set<Tensor> reductions = new HashSet<>();

  /**
   * @param reads what the body of each stage reads, once others are inlined into it
   */
  PaddedTiles(List<Stage> stages, Map<Stage, List<Read>> reads) {
    Map<Tensor, Stage> candidates = new HashMap<>();
    stages.stream().filter(PaddedTiles::isTile).forEach(s -> candidates.put(s.tensor(), s));
    for (Stage stage : stages) {
      List<Read> own = reads.get(stage);
      boolean fromTiles = own.stream().allMatch(read -> candidates.containsKey(read.tensor()));
      if (isPrivateReduction(stage) && fromTiles && !own.isEmpty()) {
        reductions.add(stage.tensor());
        own.forEach(read -> tiles.add(read.tensor()));
      }
    }
  }

  private static boolean isTile(Stage stage) {
    return stage.scope() == Scope.SHARED
        && !stage.isRoot()
        && !stage.isOutput()
        && !stage.isReduction();
  }

  /** In one thread's own memory, by that thread alone. */
  private static boolean isPrivateReduction(Stage stage) {
    return stage.scope() == Scope.LOCAL
        && !stage.isRoot()
        && !stage.isOutput()
        && stage.isReduction()
        && stage.leaves().stream()
            .noneMatch(leaf -> leaf.forKind() == ForKind.THREAD || leaf.intrinsic().isPresent());
  }

  /** True where elements beyond the tensor's end are zero, not missing. */
  boolean isPadded(Stage stage) {
    return tiles.contains(stage.tensor());
  }

  /** True where elements beyond the tensor's end are computed too. */
  boolean isUnguarded(Stage stage) {
    return reductions.contains(stage.tensor());
  }
}
