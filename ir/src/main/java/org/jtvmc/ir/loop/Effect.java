package org.jtvmc.ir.loop;

import java.util.List;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;

/**
 * An action of a target that is neither a store nor a loop. An element that it reads or writes
 * stands in it as a {@link Load}.
 */
public sealed interface Effect {

  /** All threads of a GPU block wait for each other; their shared memory is visible after it. */
  record Barrier() implements Effect {}

  /**
   * Combines {@code element}, one in each thread's own memory, over groups of {@code width}
   * consecutive threads of a GPU block (x varies fastest); each thread of a group gets the group's
   * result. All threads of the block take part.
   *
   * @param op commutative and associative
   * @param width divides the number of threads of the block
   */
  record AllReduce(BinaryOp op, Load element, int width) implements Effect {}

  /**
   * Closes a group of copies: the asynchronous stores ({@link Stmt.Store}) of the thread since the
   * last one, which may be none.
   */
  record CommitCopies() implements Effect {}

  /**
   * The thread waits until all groups of copies that it closed are there but the latest {@code
   * pending}. What another thread copied is visible after a barrier that follows its waiting.
   */
  record AwaitCopies(int pending) implements Effect {}

  /**
   * What follows, until {@link CommitProducts}, may be multiplied while the thread goes on: sums in
   * the thread's own memory of products of shared memory. The sums may be touched by other such
   * products alone, and what they read must not be written, until the thread has waited.
   */
  record StartProducts() implements Effect {}

  /** Closes the group of products that the thread's last {@link StartProducts} began. */
  record CommitProducts() implements Effect {}

  /** The thread waits for all groups of products that it closed but the latest {@code pending}. */
  record AwaitProducts(int pending) implements Effect {}

  /** The expressions in it, elements among them. */
  default List<PrimExpr> operands() {
    return switch (this) {
      case Barrier _,
          CommitCopies _,
          AwaitCopies _,
          StartProducts _,
          CommitProducts _,
          AwaitProducts _ ->
          List.of();
      case AllReduce reduce -> List.of(reduce.element);
    };
  }

  /** The same with other expressions, in the order of {@link #operands}. */
  default Effect withOperands(List<PrimExpr> other) {
    return switch (this) {
      case Barrier _,
          CommitCopies _,
          AwaitCopies _,
          StartProducts _,
          CommitProducts _,
          AwaitProducts _ ->
          this;
      case AllReduce reduce -> new AllReduce(reduce.op, (Load) other.getFirst(), reduce.width);
    };
  }
}
