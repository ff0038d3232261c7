package org.jtvmc.compiler.passes.layout;

import java.util.Optional;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;

/** How calls of some operators are written with the channels last. */
@FunctionalInterface
interface LayoutRule {

  /**
   * The call with the channels of its result last; empty where that is impossible or not wanted.
   *
   * @param call of an operator, with an image for a result
   * @param forms of everything that the call reads
   */
  Optional<Call> channelsLast(Call call, Forms forms);

  /** Puts the other form of {@code expr} into {@code forms}, where there is to be one. */
  default boolean moves(Expr expr, Forms forms) {
    if (!(expr instanceof Call call) || !Forms.isImage(call)) {
      return false;
    }
    Optional<Call> moved = channelsLast(call, forms);
    moved.ifPresent(last -> forms.putLast(expr, last));
    return moved.isPresent();
  }
}
