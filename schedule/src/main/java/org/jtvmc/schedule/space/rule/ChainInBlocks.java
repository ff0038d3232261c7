package org.jtvmc.schedule.space.rule;

import java.util.List;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchRule;
import org.jtvmc.schedule.space.SketchState;

/**
 * Attention and its like in one launch: a block makes some rows of the result, and before that
 * their scores and the softmax of these, which stay in its shared memory and its registers. Keys
 * and values go through shared memory a tile at a time, as in FlashAttention (Dao et al., 2022);
 * but the scores of a whole row are there at once, so that nothing has to be rescaled.
 *
 * <pre>
 *   block for b, m.0:
 *     shared: query[m]
 *     for n.0 { shared: keys[n]; own[m, n] = sum(query * keys); shared: scores[m, n] = own }
 *     warp for m: { maximum; exponentials, in registers; their sum; shared: weights[m, n] }
 *     for n.0 { shared: values[n]; own[m, d] += weights * values }
 *     out[m, d] = own
 * </pre>
 */
public final class ChainInBlocks implements SketchRule {

  @Override
  public boolean applies(SketchState state, Stage stage) {
    return stage.isRoot()
        && stage.isFresh()
        && !stage.isInlined()
        && new TileInBlocks().applies(state, stage)
        && state.answer(
            "chain in blocks in " + stage.id(), Boolean.class, () -> isChain(state, stage));
  }

  private static boolean isChain(SketchState state, Stage stage) {
    return BlockChain.of(state, stage).filter(chain -> !tiles(state, chain).isEmpty()).isPresent();
  }

  private static List<ChainTile> tiles(SketchState state, BlockChain chain) {
    return ChainTile.fitting(chain, state.gpu(), ChainCores.of(state, chain));
  }

  @Override
  public void apply(SketchState state, Stage stage) {
    BlockChain chain = BlockChain.of(state, stage).orElseThrow();
    List<ChainTile> tiles = tiles(state, chain);
    ChainCores cores = ChainCores.of(state, chain);
    ChainTileCost cost = new ChainTileCost(chain, state.gpu(), cores);
    ChainTile best = cost.best(tiles);
    boolean together = cost.of(best) < cost.apart(state).orElse(Double.POSITIVE_INFINITY);
    String way =
        state.pick(
            stage.id() + ".chain", List.of("together", "apart"), together ? "together" : "apart");
    if (way.equals("apart")) {
      new TileInBlocks().apply(state, stage);
      return;
    }
    ChainTile tile = state.pick(stage.id() + ".tile", tiles, best);
    ChainSchedule schedule =
        new ChainSchedule(state, chain, tile, cores.scores(), cores.last(tile.running()));
    if (tile.running()) {
      new RunningChainSchedule(schedule).apply();
    } else {
      schedule.apply();
    }
  }
}
