package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Bind;
import org.jtvmc.schedule.step.CacheRead;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Fuse;
import org.jtvmc.schedule.step.OrderStorage;
import org.jtvmc.schedule.step.Pack;
import org.jtvmc.schedule.step.Pipeline;
import org.jtvmc.schedule.step.Reorder;
import org.jtvmc.schedule.step.SetScope;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Vectorize;

/**
 * The operands of a tiled reduction in shared memory: inside the outer loop of the reduction the
 * threads of a block together copy what the block's tile reads, in the order in which it is
 * contiguous in global memory, and lay it out so that a thread finds its neighbouring elements side
 * by side.
 *
 * @param cores how tensor cores multiply; the operands then have rows along the products (or along
 *     the result's axes) that begin in different banks. Empty where they do not
 * @param others the rows and columns of the result
 * @param byWarps true where {@code threadIdx.y} is the number of a warp; else {@code threadIdx.x}
 *     numbers all threads
 */
record SharedOperands(
    Stage producer,
    List<Access> operands,
    long threads,
    Optional<CoreProduct> cores,
    List<Axis> others,
    boolean byWarps) {
  private static final long ACCESS_BYTES = 16;
  private static final int LEAST_ASYNC_BYTES = 4;
  private static final long THREADS_OF_SECTOR = 8;

  SharedOperands(
      Stage producer,
      List<Access> operands,
      long threads,
      Optional<CoreProduct> cores,
      List<Axis> others) {
    this(producer, operands, threads, cores, others, false);
  }

  /**
   * Splits the longest reduce axis.
   *
   * @param sizes what one block computes of each output axis; the parts of the reduction that are
   *     copied at once are added
   * @param warps how many share out a step of the reduction: each part of it is one of theirs
   * @return the loop inside which the operands are copied
   */
  String splitReduction(SketchState state, Map<String, Long> sizes, long warps) {
    OperandStage.Steps steps = stage().steps(state.gpu(), sizes, warps, threads);
    long part = state.pick(producer.id() + ".reduce", steps.options(), steps.preferred());
    sizes.put(steps.axis(), warps * part);
    List<Long> lengths = warps == 1 ? List.of(part) : List.of(warps, part);
    state.apply(new Split(producer.id(), steps.axis(), lengths));
    return steps.axis() + ".0";
  }

  /** The bytes of the operands of one iteration of the outer loop of the reduction. */
  long bytes(Map<String, Long> sizes) {
    return stage().bytes(sizes);
  }

  private OperandStage stage() {
    return new OperandStage(producer, operands, cores, others);
  }

  private long span(Access operand, int dim, Map<String, Long> sizes) {
    return stage().span(operands.indexOf(operand), dim, sizes);
  }

  /**
   * Decides how far ahead the operands are copied inside the loop {@code reduce}, and copies them.
   *
   * @param name of the product, after which the decision is called
   * @param blocks for which a multiprocessor has registers
   * @param others bytes of shared memory that a block needs beside them
   */
  void copyAhead(
      SketchState state,
      String name,
      Map<String, Long> sizes,
      String reduce,
      long blocks,
      long others) {
    long bytes = bytes(sizes);
    List<CopyAhead> options =
        CopyAhead.fitting(state.gpu(), bytes, others, cores.map(CoreProduct::groups).orElse(false));
    // What is moved one by one would wait in too many registers.
    boolean inRuns =
        operands.stream()
            .flatMap(operand -> GatheredOperand.of(state, operand.tensor()).stream())
            .allMatch(GatheredOperand::isInRuns);
    CopyAhead best =
        inRuns && stage().isCarried(state.gpu(), sizes, threads)
            ? CopyAhead.preferred(options, state.gpu(), threads, bytes, others, blocks)
            : options.getFirst();
    CopyAhead ahead = state.pick(name + ".pipeline", options, best);
    copyAt(state, sizes, producer.id(), reduce, ahead.isAsync());
    if (ahead.depth() > 1) {
      state.apply(new Pipeline(producer.id(), reduce, ahead.depth(), ahead.way()));
    }
  }

  /**
   * Copies every operand inside a loop, which is around all that reads it.
   *
   * @param sizes what is read together of each axis
   * @param host the stage whose loop it is
   */
  void copyAt(SketchState state, Map<String, Long> sizes, String host, String loop, boolean async) {
    Map<Tensor, Access> distinct = new LinkedHashMap<>();
    operands.forEach(operand -> distinct.putIfAbsent(operand.tensor(), operand));
    for (Access operand : distinct.values()) {
      String id = copyOf(state, operand.tensor());
      state.apply(new ComputeAt(id, host, loop));
      if (state.stage(id).scope() != Scope.SHARED) {
        state.apply(new SetScope(id, Scope.SHARED));
      }
      state.markScheduled(id);
      if (cores.isPresent()) {
        int last = orderForCores(state, id, operand);
        share(state, id, together(operand, last, sizes));
        continue;
      }
      int fastest = order(state, id, operand, sizes);
      boolean apart = fastest != operand.indices().size() - 1;
      if (apart && async && operand.tensor().dtype().bytes() >= LEAST_ASYNC_BYTES) {
        shareElements(state, id, operand, fastest, sizes);
      } else {
        share(state, id, together(operand, operand.indices().size() - 1, sizes));
      }
    }
  }

  /** Of how many neighbouring elements each run is that may be copied together. */
  private long together(Access operand, int dim, Map<String, Long> sizes) {
    long span = span(operand, dim, sizes);
    // No run goes beyond the end of its row, so that all or nothing of it is copied.
    return byWarps && operand.tensor().dim(dim) instanceof IntImm row
        ? Math.min(Long.lowestOneBit(span), Long.lowestOneBit(row.value()))
        : span;
  }

  /**
   * Copies all that a block reads of every operand inside the loop {@code loop} of {@code host}.
   */
  void copyInto(SketchState state, String host, String loop) {
    for (Access operand : operands) {
      String id = copyOf(state, operand.tensor());
      state.apply(new ComputeAt(id, host, loop));
      if (state.stage(id).scope() != Scope.SHARED) {
        state.apply(new SetScope(id, Scope.SHARED));
      }
      state.markScheduled(id);
      order(state, id, operand, Map.of());
      share(state, id, 1);
    }
  }

  /**
   * The stage that stands for the operand in shared memory: itself, where only this reduction reads
   * it and it takes no more than a copy; else a copy, for which what follows from a constant is
   * computed when the model is compiled. What needs sums of whole rows first, as a softmax does, is
   * made where these are summed.
   */
  private String copyOf(SketchState state, Tensor tensor) {
    Optional<Stage> own = state.schedule().stageOf(tensor);
    boolean alone =
        own.isPresent()
            && !own.get().isReduction()
            && !own.get().isOutput()
            && own.get().isRoot()
            && own.get().isFresh()
            && !state.isScheduled(own.get().id())
            && FreshProducers.of(state, own.get()).noneMatch(Stage::isReduction)
            && state.readers(own.get()).equals(List.of(state.stage(producer.id())));
    boolean folded = alone && tensor.constantSource().isPresent() && cores.isPresent();
    if (alone && !folded) {
      return own.get().id();
    }
    String source = own.map(Stage::id).orElseGet(() -> state.schedule().dag().id(tensor));
    String id = state.schedule().derivedId(source, "read");
    state.apply(new CacheRead(source, producer.id(), Scope.SHARED));
    if (folded) {
      state.apply(new Pack(source, id));
      state.markScheduled(source);
    }
    return id;
  }

  /**
   * The dimension along which a thread's neighbouring elements lie comes last.
   *
   * @return its number
   */
  private int order(SketchState state, String id, Access operand, Map<String, Long> sizes) {
    List<String> axes = state.stage(id).axes().stream().map(IterVar::id).toList();
    int fastest = stage().fastest(operands.indexOf(operand), sizes);
    List<String> order = new ArrayList<>(axes);
    order.remove(axes.get(fastest));
    order.add(axes.get(fastest));
    long unit = ACCESS_BYTES / operand.tensor().dtype().bytes();
    boolean transposed = fastest != axes.size() - 1;
    long padding = transposed ? unit : 0;
    long chosen = state.pick(producer.id() + ".pad." + id, List.of(0L, unit), padding);
    if (transposed || chosen > 0) {
      state.apply(new OrderStorage(id, order, chosen));
    }
    return fastest;
  }

  /**
   * Rows of fragments come last. Constants that lie otherwise are turned when the model is
   * compiled, into the order in which they are copied.
   *
   * @return the number of the dimension that comes last
   */
  private int orderForCores(SketchState state, String id, Access operand) {
    List<String> axes = state.stage(id).axes().stream().map(IterVar::id).toList();
    Axis along = producer.op().reduceAxes().get(cores.orElseThrow().along());
    int last = CoreProduct.innermost(operand, along, others);
    List<String> order = new ArrayList<>(axes);
    order.remove(last);
    order.add(axes.get(last));
    CoreProduct product = cores.orElseThrow();
    long padding = product.padding(operand, along, others, last);
    state.apply(new OrderStorage(id, order, padding, product.groups()));
    if (!order.equals(axes)) {
      boolean moved =
          operand.tensor().shape().subList(last + 1, axes.size()).stream()
              .anyMatch(size -> !IntImm.is(size, 1));
      if (moved) {
        state.apply(new Pack(state.schedule().dag().id(operand.tensor()), id));
      }
      state.apply(new Reorder(id, order));
    }
    return last;
  }

  /**
   * Divides an asynchronous copy that changes the order: it moves element by element. Eight threads
   * copy one after the other, so that no sector of global memory is read in part, and four groups
   * of them go to rows that, with the padding, lie in different banks.
   */
  private void shareElements(
      SketchState state, String id, Access operand, int fastest, Map<String, Long> sizes) {
    List<String> axes = state.stage(id).axes().stream().map(IterVar::id).toList();
    List<String> others = new ArrayList<>(axes);
    others.remove(fastest);
    long run = 1;
    for (int dim = fastest + 1; dim < axes.size(); dim++) {
      run *= span(operand, dim, sizes);
    }
    if (fastest == 0 && run % THREADS_OF_SECTOR == 0) {
      String along = others.getFirst();
      if (others.size() > 1) {
        Fuse fuse = new Fuse(id, others);
        state.apply(fuse);
        along = fuse.fused();
      }
      state.apply(new Split(id, along, List.of(THREADS_OF_SECTOR)));
      List<IterVar> leaves = state.stage(id).leaves();
      state.apply(
          new Reorder(id, List.of(leaves.get(1).id(), axes.getFirst(), leaves.get(2).id())));
    }
    share(state, id, 1);
  }

  /** Divides the copy among all threads, in the widest accesses that its rows consist of. */
  private void share(SketchState state, String id, long rowLength) {
    List<String> axes = state.stage(id).leaves().stream().map(IterVar::id).toList();
    String all = axes.getFirst();
    if (axes.size() > 1) {
      Fuse fuse = new Fuse(id, axes);
      state.apply(fuse);
      all = fuse.fused();
    }
    long width = OperandStage.copied(rowLength, state.stage(id).op().dtype().bytes());
    if (width > 1) {
      state.apply(new Split(id, all, List.of(width)));
      List<IterVar> leaves = state.stage(id).leaves();
      state.apply(new Vectorize(id, leaves.get(1).id()));
      all = leaves.getFirst().id();
    }
    if (byWarps) {
      state.apply(new Split(id, all, List.of(threads / CudaTarget.WARP, (long) CudaTarget.WARP)));
      List<IterVar> leaves = state.stage(id).leaves();
      state.apply(new Bind(id, leaves.get(1).id(), ThreadTag.THREAD_Y));
      state.apply(new Bind(id, leaves.get(2).id(), ThreadTag.THREAD_X));
      return;
    }
    state.apply(new Split(id, all, List.of(threads)));
    state.apply(new Bind(id, state.stage(id).leaves().get(1).id(), ThreadTag.THREAD_X));
  }
}
