package org.jtvmc.ir.loop;

import java.util.ArrayList;
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

  /**
   * From here on {@code count} elements of the block's memory, {@code first} and those after it,
   * say which tiles have arrived. Each counts phases: one ends when a thread has told what it
   * brings ({@link ExpectTiles}) and all of that is there. One thread does it, before a barrier.
   *
   * @param first of a shared buffer of int64 numbers, which nothing else touches
   */
  record OpenArrivals(Load first, int count) implements Effect {}

  /** The elements are memory again. One thread does it, when all have waited for the last time. */
  record CloseArrivals(Load first, int count) implements Effect {}

  /** Says how many bytes the tiles of the phase have together; once in a phase, by one thread. */
  record ExpectTiles(Load arrival, long bytes) implements Effect {}

  /**
   * Starts to copy a box of a tensor into shared memory; elements outside of the tensor are zero.
   * No thread takes part in it, and nobody may touch the target before {@link AwaitTiles}.
   *
   * @param target the first element
   * @param source the first element, which lies in the tensor; its last dimension has stride 1
   * @param extents of the box, for each dimension of the source; they are those of the target's
   *     last dimensions
   */
  record StartTile(Load target, Load source, List<Long> extents, Load arrival) implements Effect {
    public StartTile {
      extents = List.copyOf(extents);
    }

    /** What it moves. */
    public long bytes() {
      return extents.stream().reduce((long) source.dtype().bytes(), (a, b) -> a * b);
    }
  }

  /**
   * Starts to copy a run of pixels into shared memory, some channels of each: as {@link StartTile},
   * but of what a {@link PixelBox} counts through, each pixel moved by the same {@code offsets}, as
   * a tap of a convolution's window is.
   *
   * @param target the first element; its last two dimensions are pixels and channels
   * @param source the place of the first pixel, before it is moved, and its first channel
   * @param offsets for each dimension of the source but the last; none is negative
   */
  record StartPixels(Load target, Load source, List<PrimExpr> offsets, PixelBox box, Load arrival)
      implements Effect {
    public StartPixels {
      offsets = List.copyOf(offsets);
    }

    /** What it moves. */
    public long bytes() {
      return box.pixels() * box.channels() * source.dtype().bytes();
    }
  }

  /**
   * The thread waits until a phase has ended: the one under way if its number modulo 2 is {@code
   * parity}, else there is nothing to wait for. What arrived is visible to it, and to the others
   * after a barrier.
   */
  record AwaitTiles(Load arrival, PrimExpr parity) implements Effect {}

  /**
   * One more block of a GPU's grid has done its part. All its threads come, and wait for each
   * other. In the block that comes as the last of {@code blocks}, {@code last} is 1 then, and all
   * that the threads of the others wrote to global memory before they came is visible; in the
   * others it is 0. The last one leaves the counter as it was at first.
   *
   * @param counter an int32 number of {@link Scope#COUNTER}, zero at first
   * @param last an int32 number in shared memory
   */
  record CountBlock(Load counter, int blocks, Load last) implements Effect {}

  /** True for what one thread does for its block. */
  default boolean isOfOneThread() {
    return switch (this) {
      case OpenArrivals _, CloseArrivals _, ExpectTiles _, StartTile _, StartPixels _ -> true;
      case Barrier _,
          AllReduce _,
          CommitCopies _,
          AwaitCopies _,
          StartProducts _,
          CommitProducts _,
          AwaitProducts _,
          AwaitTiles _,
          CountBlock _ ->
          false;
    };
  }

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
      case OpenArrivals open -> List.of(open.first);
      case CloseArrivals close -> List.of(close.first);
      case ExpectTiles expect -> List.of(expect.arrival);
      case StartTile start -> List.of(start.target, start.source, start.arrival);
      case StartPixels start -> {
        List<PrimExpr> all = new ArrayList<>(List.of(start.target, start.source, start.arrival));
        all.addAll(start.offsets);
        yield all;
      }
      case AwaitTiles await -> List.of(await.arrival, await.parity);
      case CountBlock count -> List.of(count.counter, count.last);
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
      case OpenArrivals open -> new OpenArrivals((Load) other.getFirst(), open.count);
      case CloseArrivals close -> new CloseArrivals((Load) other.getFirst(), close.count);
      case ExpectTiles expect -> new ExpectTiles((Load) other.getFirst(), expect.bytes);
      case StartTile start ->
          new StartTile(
              (Load) other.get(0), (Load) other.get(1), start.extents, (Load) other.get(2));
      case StartPixels start ->
          new StartPixels(
              (Load) other.get(0),
              (Load) other.get(1),
              other.subList(3, other.size()),
              start.box,
              (Load) other.get(2));
      case AwaitTiles _ -> new AwaitTiles((Load) other.get(0), other.get(1));
      case CountBlock count ->
          new CountBlock((Load) other.get(0), count.blocks, (Load) other.get(1));
    };
  }
}
