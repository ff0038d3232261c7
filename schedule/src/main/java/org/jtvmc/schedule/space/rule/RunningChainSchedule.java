package org.jtvmc.schedule.space.rule;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.schedule.RunningSoftmax;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Bind;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Inline;
import org.jtvmc.schedule.step.Pipeline;
import org.jtvmc.schedule.step.SetScope;
import org.jtvmc.schedule.step.SoftmaxAlong;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;

/**
 * The steps by which blocks make a {@link BlockChain} of any number of keys: its softmax runs along
 * them ({@link SoftmaxAlong}), as in FlashAttention (Dao et al., 2022).
 *
 * <pre>
 *   block for b, m.0:
 *     shared: query[m]
 *     for n.0 {
 *       shared: keys[n], values[n]
 *       own[m, n] = sum(query * keys); shared: scores[m, n] = own
 *       shared: maximum so far[m], the factor that it changes by, weights[m, n], their sum so far
 *       sums[m, d] *= factor; sums[m, d] += weights * values
 *     }
 *     out[m, d] = sums / their sum
 * </pre>
 */
record RunningChainSchedule(ChainSchedule parts) {

  void apply() {
    SketchState state = parts.state();
    BlockChain chain = parts.chain();
    ChainTile tile = parts.tile();
    Stage result = chain.chain().result();
    String last = parts.takeLast();
    state.markScheduled(last);
    // What is made of scores alone is made again where it is read.
    for (Stage member : chain.members()) {
      state.markScheduled(member.id());
    }
    RunningSoftmax softmax = RunningSoftmax.of(state.schedule(), state.stage(last)).orElseThrow();
    state.apply(new SoftmaxAlong(last, tile.keys()));
    for (Stage member : chain.members()) {
      if (!softmax.parts().contains(member)) {
        state.apply(new Inline(member.id()));
      }
    }
    state.markScheduled(chain.weights().id());
    Access operand = values(last, softmax.summed(tile.keys()));
    WarpGrid.Cut cut =
        tile.ofLast()
            .cut(state, state.stage(result.id()), chain.chain().tiled(), chain.resultColumn());
    String block = state.fuse(result.id(), cut.outer());
    state.apply(new Bind(result.id(), block, ThreadTag.BLOCK_X));
    state.apply(new ComputeAt(last, result.id(), cut.thread()));

    Stage sums = state.stage(last);
    int row = chain.chain().tiledAxis(chain.chain().last());
    int spatial = sums.op().axes().size();
    String reduce = sums.axes().get(spatial).id();
    String copies = reduce + ".0";
    String turn = reduce + ".1";
    cutKeys(last, reduce);
    TileLoops.tileProducer(
        state,
        sums,
        ChainSchedule.elements(tile.ofLast(), row, chain.column()),
        chain.column(),
        copies);

    ChainSchedule.Scores scores = parts.placeScores(last, turn);
    scores.query().copyAt(state, scores.sizes(), result.id(), block, false);
    makeWeights(softmax, last, turn);

    Map<String, Long> sizes = new LinkedHashMap<>();
    for (int i = 0; i < spatial; i++) {
      sizes.put(sums.axes().get(i).id(), 1L);
    }
    sizes.put(sums.axes().get(row).id(), tile.rows());
    sizes.put(sums.axes().get(chain.column()).id(), tile.ofLast().columns().size());
    sizes.put(reduce, tile.keys());
    SharedOperands values = parts.operands(sums, operand, parts.lastCores(), chain.lastAxes());
    CopyAhead ahead =
        parts.ahead(
            chain.chain().last().id(), scores.keys().bytes(scores.sizes()) + values.bytes(sizes));
    scores.keys().copyAt(state, scores.sizes(), last, copies, ahead.isAsync());
    values.copyAt(state, sizes, last, copies, ahead.isAsync());
    if (ahead.depth() > 1) {
      state.apply(new Pipeline(last, copies, ahead.depth(), ahead.way()));
    }
  }

  /** What the product multiplies by weights, as it is once the softmax runs along it. */
  private Access values(String last, String weights) {
    SketchState state = parts.state();
    Access values =
        BlockProduct.operands(state, state.stage(last)).stream()
            .filter(operand -> operand.tensor() != state.stage(weights).tensor())
            .findFirst()
            .orElseThrow();
    if (values.tensor() != parts.chain().values().tensor()) {
      inlineInto(values);
    }
    return values;
  }

  /** What is copied with zeros beyond its end is computed as it is copied, where it can be. */
  private void inlineInto(Access padded) {
    SketchState state = parts.state();
    state
        .schedule()
        .stageOf(parts.chain().values().tensor())
        .filter(stage -> !stage.isReduction() && !stage.isOutput() && stage.isRoot())
        .filter(stage -> stage.isFresh() && !state.isScheduled(stage.id()))
        .filter(
            stage ->
                state.schedule().readers(stage.tensor()).stream()
                    .allMatch(reader -> reader.tensor() == padded.tensor()))
        .ifPresent(
            stage -> {
              state.markScheduled(stage.id());
              state.apply(new Inline(stage.id()));
            });
  }

  /** A loop for copies, one turn of it, inside which the scores are made, and products. */
  private void cutKeys(String last, String reduce) {
    long keys = parts.tile().keys();
    long straight =
        parts.lastCores().isPresent()
            ? ChainSchedule.UNROLLED_CORE_STEP
            : ChainSchedule.UNROLLED_STEP;
    List<Long> factors =
        keys > straight ? List.of(1L, keys / straight, straight) : List.of(1L, keys);
    parts.state().apply(new Split(last, reduce, factors));
  }

  private void makeWeights(RunningSoftmax softmax, String last, String turn) {
    SketchState state = parts.state();
    BlockChain chain = parts.chain();
    int row = chain.chain().tiledAxis(chain.weights());
    String weights = softmax.summed(parts.tile().keys());
    int rows = chain.chain().rows().size();
    for (String id : softmax.added()) {
      place(id, last, turn);
      if (state.stage(id).isReduction()) {
        ofWarps(id, row);
        ReduceRowsTogether.shareReduction(state, id, CudaTarget.WARP);
      } else {
        ofThreads(id, row);
      }
    }
    place(weights, last, turn);
    parts.orderRows(weights, rows, ChainTile.padding(chain.weights().op().dtype().bytes()));
    ofWarps(weights, row);
    String loop = ReduceRowsTogether.spatialFrom(state, weights, rows);
    ReduceRowsTogether.shareLoop(state, weights, loop, CudaTarget.WARP);
  }

  private void place(String id, String last, String turn) {
    parts.state().markScheduled(id);
    parts.state().apply(new ComputeAt(id, last, turn));
    parts.state().apply(new SetScope(id, Scope.SHARED));
  }

  /** Each warp has rows of its own. */
  private void ofWarps(String id, int row) {
    String axis = parts.state().stage(id).axes().get(row).id();
    parts.state().apply(new Split(id, axis, List.of(parts.tile().warps())));
    parts.state().apply(new Bind(id, axis + ".1", ThreadTag.THREAD_Y));
    long turns = Math.ceilDiv(parts.tile().keys(), CudaTarget.WARP);
    if (turns * parts.tile().rows() / parts.tile().warps() <= ReduceRowsTogether.MOST_KEPT) {
      // A warp's rows wait for their shuffles at the same time.
      parts.state().apply(new Unroll(id, axis + ".0"));
    }
  }

  /** Each thread has rows of its own. */
  private void ofThreads(String id, int row) {
    ChainTile tile = parts.tile();
    String axis = parts.state().stage(id).axes().get(row).id();
    long lanes = Math.min(tile.rows(), CudaTarget.WARP);
    long warps = Math.min(tile.warps(), tile.rows() / lanes);
    parts.state().apply(new Split(id, axis, List.of(warps, lanes)));
    parts.state().apply(new Bind(id, axis + ".1", ThreadTag.THREAD_Y));
    parts.state().apply(new Bind(id, axis + ".2", ThreadTag.THREAD_X));
  }
}
