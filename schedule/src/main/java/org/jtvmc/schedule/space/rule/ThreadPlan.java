package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Bind;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.OrderStorage;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.Rfactor;
import org.jtvmc.schedule.step.SetScope;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;
import org.jtvmc.schedule.step.Vectorize;

/**
 * How {@link ReduceInThreads} divides its work. A thread has a vector of neighbouring outputs, of
 * one place or of a few side by side; the threads of a block have neighbouring vectors (lanes), of
 * several places.
 *
 * <pre>
 *   blocks of places and lanes:
 *     shared: the weights of these lanes, neighbours side by side
 *     threads of the block:
 *       for each step of the reduction: vectorized: sum = sum + in * weight
 *       vectorized: out = f(sum)
 * </pre>
 *
 * Where there are fewer outputs than threads to feed, several threads reduce parts of one, and
 * leave them in shared memory.
 *
 * @param consumer at the root, untouched
 * @param producer the reduction that it reads
 */
record ThreadPlan(Stage consumer, Stage producer) {
  private static final long ACCESS_BYTES = 16;
  private static final long MOST_LANES = 64;

  /** With weights, more places and fewer lanes: the block then reads fewer weights. */
  private static final long WEIGHTED_LANES = 16;

  /** Threads of each multiprocessor that are wanted before a thread gets more than one element. */
  private static final long WANTED_THREADS = 128;

  /** Steps of a reduction that become straight code. */
  private static final long MOST_UNROLLED = 16;

  /** A reduction so short is not worth to be shared out. */
  private static final long LEAST_SHARED = 32;

  private static final long MOST_WEIGHT_BYTES = 16 << 10;

  /** The index of the innermost output axis of more than one element; -1 for none. */
  static int innermost(Stage stage) {
    List<Axis> axes = stage.op().axes();
    int inner = axes.size() - 1;
    while (inner >= 0 && axes.get(inner).size() == 1) {
      inner--;
    }
    return inner;
  }

  /** The reads that move with the reduction. */
  static List<Access> reducedAccesses(SketchState state, Stage stage) {
    return Access.of(state.schedule(), stage).stream()
        .filter(access -> stage.op().reduceAxes().stream().anyMatch(r -> access.dependsOn(r.var())))
        .distinct()
        .toList();
  }

  void apply(SketchState state) {
    String id = producer.id();
    int inner = innermost(consumer);
    long extent = consumer.op().axes().get(inner).size();
    long elements = product(consumer.op().axes());
    long wanted = WANTED_THREADS * state.gpu().multiprocessors();
    List<Access> weights = weights(state);

    List<Long> widths = widths(state, extent);
    long width =
        state.pick(
            id + ".width",
            widths,
            widths.stream().filter(w -> elements / w >= wanted).reduce(1L, Math::max));
    long vectors = extent / width;
    long parts = parts(state, elements / width);
    List<Long> laneOptions = lanes(vectors);
    long lanes =
        state.pick(
            id + ".lanes",
            laneOptions,
            laneOptions.stream()
                .filter(l -> l <= (weights.isEmpty() ? CudaTarget.WARP : WEIGHTED_LANES))
                .reduce(1L, Math::max));
    long places = elements / extent;
    long rows = rows(state, inner, !weights.isEmpty(), elements / width);
    long threads = state.pick(id + ".threads", List.of(64L, 128L, 256L), 128L);
    long most = parts > 1 ? 1 : Math.clamp(threads / lanes, 1, places / rows);
    long together = Math.ceilDiv(places / rows, Math.ceilDiv(places / rows, most));

    Loops loops = tileConsumer(state, inner, width, lanes, rows, together);
    long bound = state.stage(consumer.id()).leaf(loops.thread).orElseThrow().extent();
    if (parts > 1) {
      sharePartsOut(state, parts, lanes, width, loops.block);
    }
    state.apply(new ComputeAt(id, consumer.id(), loops.thread));
    tileProducer(state, state.stage(id), width * rows);
    if (parts == 1
        && !weights.isEmpty()
        && weightBytes(weights, width * lanes) <= MOST_WEIGHT_BYTES) {
      new SharedOperands(producer, weights, bound, Optional.empty(), List.of())
          .copyInto(state, consumer.id(), loops.block);
    }
  }

  /**
   * Loops of the consumer.
   *
   * @param block bound to blocks
   * @param thread bound to threads
   */
  private record Loops(String block, String thread) {}

  private static long product(List<Axis> axes) {
    return axes.stream().mapToLong(Axis::size).reduce(1, (a, b) -> a * b);
  }

  /** How many neighbours a thread may have: as many as one access of each operand moves. */
  private List<Long> widths(SketchState state, long extent) {
    long bytes =
        LongStream.concat(
                LongStream.of(consumer.op().dtype().bytes(), producer.op().dtype().bytes()),
                reducedAccesses(state, producer).stream()
                    .mapToLong(access -> access.tensor().dtype().bytes()))
            .max()
            .orElseThrow();
    List<Long> widths = new ArrayList<>(List.of(1L));
    for (long width = 2; width * bytes <= ACCESS_BYTES && extent % width == 0; width *= 2) {
      widths.add(width);
    }
    return widths;
  }

  /** How many threads may have neighbouring vectors: what divides them, or a warp. */
  private static List<Long> lanes(long vectors) {
    List<Long> options =
        new ArrayList<>(
            LongStream.rangeClosed(1, Math.min(MOST_LANES, vectors))
                .filter(lanes -> vectors % lanes == 0)
                .boxed()
                .toList());
    if (vectors > MOST_LANES && options.getLast() < 16) {
      options.add(32L);
    }
    return options;
  }

  /** How many places side by side a thread has: they read the weights once. */
  private long rows(SketchState state, int inner, boolean weighted, long vectors) {
    if (!weighted || inner == 0) {
      return 1;
    }
    long extent = consumer.op().axes().get(inner - 1).size();
    List<Long> options = LongStream.of(1, 2, 4).filter(rows -> extent % rows == 0).boxed().toList();
    long wanted = WANTED_THREADS * state.gpu().multiprocessors();
    return state.pick(
        producer.id() + ".rows",
        options,
        options.stream().filter(r -> r <= 2 && vectors / r >= wanted).reduce(1L, Math::max));
  }

  /** Into how many parts the reduction is divided; 1 where it is not. */
  private long parts(SketchState state, long vectors) {
    long length = product(producer.op().reduceAxes());
    if (length < LEAST_SHARED) {
      return 1;
    }
    List<Long> options = new ArrayList<>(List.of(1L));
    long preferred = 1;
    long wanted = WANTED_THREADS * state.gpu().multiprocessors();
    for (long parts = 4; parts <= 32 && 4 * parts <= length; parts *= 2) {
      options.add(parts);
      preferred = vectors * parts / 2 < wanted ? parts : preferred;
    }
    return state.pick(producer.id() + ".parts", options, preferred);
  }

  private Loops tileConsumer(
      SketchState state, int inner, long width, long lanes, long rows, long together) {
    String id = consumer.id();
    String last = consumer.axes().get(inner).id();
    state.apply(new Split(id, last, List.of(lanes, width)));
    List<String> places = new ArrayList<>();
    List<String> own = new ArrayList<>();
    for (int i = 0; i < consumer.op().axes().size(); i++) {
      String axis = consumer.axes().get(i).id();
      if (i == inner - 1 && rows > 1) {
        state.apply(new Split(id, axis, List.of(rows)));
        places.add(axis + ".0");
        own.add(axis + ".1");
      } else if (i != inner) {
        places.add(axis);
      }
    }
    List<String> order = new ArrayList<>(places);
    order.addAll(List.of(last + ".0", last + ".1"));
    order.addAll(own);
    order.add(last + ".2");
    state.apply(new Reorder(id, order));
    String block = last + ".0";
    String thread = last + ".1";
    if (!places.isEmpty()) {
      String place = state.fuse(id, places);
      state.apply(new Split(id, place, List.of(together)));
      List<IterVar> leaves = state.stage(id).leaves();
      String outer = leaves.get(0).id();
      String near = leaves.get(1).id();
      state.apply(new Reorder(id, List.of(outer, block, near, thread)));
      block = state.fuse(id, List.of(outer, block));
      thread = state.fuse(id, List.of(near, thread));
    }
    state.apply(new Bind(id, block, ThreadTag.BLOCK_X));
    state.apply(new Bind(id, thread, ThreadTag.THREAD_X));
    own.forEach(loop -> state.apply(new Unroll(id, loop)));
    state.apply(new Vectorize(id, last + ".2"));
    return new Loops(block, thread);
  }

  /** Steps outside, a thread's elements inside; the last loops unrolled. */
  private static void tileProducer(SketchState state, Stage stage, long elements) {
    String id = stage.id();
    List<String> reduced =
        stage.leaves().stream().filter(IterVar::isReduce).map(IterVar::id).toList();
    List<String> spatial =
        stage.axes().stream().filter(axis -> !axis.isReduce()).map(IterVar::id).toList();
    String last = stage.axes().get(innermost(stage)).id();
    List<String> order = new ArrayList<>(reduced);
    spatial.stream().filter(loop -> !loop.equals(last)).forEach(order::add);
    order.add(last);
    state.apply(new Reorder(id, order));
    long steps = elements;
    for (String loop : reduced.reversed()) {
      long extent = state.stage(id).leaf(loop).orElseThrow().extent();
      if (steps * extent > MOST_UNROLLED * elements) {
        unrollPart(state, id, loop, Math.max(1, MOST_UNROLLED * elements / steps));
        break;
      }
      steps *= extent;
      state.apply(new Unroll(id, loop));
    }
    spatial.stream()
        .filter(loop -> !loop.equals(last))
        .forEach(loop -> state.apply(new Unroll(id, loop)));
    state.apply(new Vectorize(id, last));
  }

  /** Several loads of a long loop are under way at once. */
  private static void unrollPart(SketchState state, String id, String loop, long most) {
    long extent = state.stage(id).leaf(loop).orElseThrow().extent();
    long part = Math.min(8, most);
    while (extent % part != 0) {
      part--;
    }
    if (part > 1) {
      state.apply(new Split(id, loop, List.of(part)));
      state.apply(new Unroll(id, loop + ".1"));
    }
  }

  /** Has the block's threads reduce parts into shared memory; the producer adds them up. */
  private void sharePartsOut(SketchState state, long parts, long lanes, long width, String block) {
    String id = producer.id();
    String all =
        state.fuse(
            id, producer.axes().stream().filter(IterVar::isReduce).map(IterVar::id).toList());
    long extent = state.stage(id).leaf(all).orElseThrow().extent();
    state.apply(new Split(id, all, List.of(Math.ceilDiv(extent, parts))));
    state.apply(new Rfactor(id, all + ".0"));
    Stage partial = state.stage(Rfactor.factorOf(id));
    String partialId = partial.id();
    state.markScheduled(partialId);
    state.apply(new ComputeAt(partialId, consumer.id(), block));
    state.apply(new SetScope(partialId, Scope.SHARED));
    List<String> order =
        new ArrayList<>(
            partial.axes().stream().filter(axis -> !axis.isReduce()).map(IterVar::id).toList());
    String neighbours = order.remove(innermost(producer));
    order.add(neighbours);
    state.apply(new OrderStorage(partialId, order, 0));
    state.apply(new Split(partialId, neighbours, List.of(width)));
    order.set(order.size() - 1, neighbours + ".0");
    List<String> loops = new ArrayList<>(order);
    partial.leaves().stream().filter(IterVar::isReduce).map(IterVar::id).forEach(loops::add);
    loops.add(neighbours + ".1");
    state.apply(new Reorder(partialId, loops));
    state.apply(new Vectorize(partialId, neighbours + ".1"));
    String steps = loops.get(order.size());
    unrollPart(state, partialId, steps, MOST_UNROLLED / width);
    String threads = state.fuse(partialId, order);
    state.apply(new Split(partialId, threads, List.of(lanes * parts)));
    state.apply(
        new Bind(partialId, state.stage(partialId).leaves().get(1).id(), ThreadTag.THREAD_X));
  }

  /** The operands that neighbouring threads read apart, as weights that lie filter by filter. */
  private List<Access> weights(SketchState state) {
    Axis inner = producer.op().axes().get(innermost(producer));
    return reducedAccesses(state, producer).stream()
        .filter(access -> access.stride(inner.var()).orElse(0) > 1)
        .filter(access -> access.isLinearIn(producer.op().axes()))
        .filter(
            access ->
                producer.op().axes().stream()
                    .allMatch(axis -> axis == inner || !access.dependsOn(axis.var())))
        .toList();
  }

  private long weightBytes(List<Access> weights, long neighbours) {
    return weights.stream()
        .mapToLong(
            access ->
                neighbours * product(producer.op().reduceAxes()) * access.tensor().dtype().bytes())
        .sum();
  }
}
