package org.jtvmc.schedule.space.rule;

import java.util.Optional;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchState;

/**
 * How tensor cores make the products of a {@link BlockChain}, as far as they can.
 *
 * @param scores the first product
 * @param whole the last product, its rows as they are
 * @param running the last product in the tiles of a running softmax, which go on with zeros beyond
 *     the end of a row
 */
record ChainCores(
    Optional<CoreProduct> scores, Optional<CoreProduct> whole, Optional<CoreProduct> running) {

  static ChainCores of(SketchState state, BlockChain chain) {
    Stage last = chain.chain().last();
    var operands = BlockProduct.operands(state, last);
    return new ChainCores(
        CoreProduct.of(
            state.gpu(),
            chain.scores(),
            BlockProduct.operands(state, chain.scores()),
            chain.scoreAxes()),
        CoreProduct.of(state.gpu(), last, operands, chain.lastAxes()),
        CoreProduct.ofPadded(state.gpu(), last, operands, chain.lastAxes()));
  }

  /** How they make the last product. */
  Optional<CoreProduct> last(boolean runs) {
    return runs ? running : whole;
  }
}
