package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;

/**
 * What a block keeps of a reduction's operands in shared memory for one step of the outer loop of
 * the reduction: how long steps can be, and what they take. What a block has of each axis is given
 * by the axes' names.
 */
final class OperandStage {
  /** What is copied ahead for more steps of the reduction does not fit the registers. */
  private static final long LEAST_PREFERRED_STEPS = 4;

  private static final long MOST_PREFERRED_STEPS = 36;

  private static final long MOST_PREFERRED_BYTES = 20_000;

  /** Of a thread, where copies go through its registers: what waits there, with addresses. */
  private static final long MOST_CARRIED_REGISTERS = 14;

  /**
   * The same with its sums: factors, addresses of factors and counters take 48 of 128 registers.
   */
  private static final long MOST_REGISTERS = 80;

  /** For fewer products of an element than this it does not pay to copy ahead. */
  private static final long LEAST_CARRIED_STEPS = 2;

  private static final long LONGEST_STEP = 64;

  private static final long ACCESS_BYTES = 16;

  private final Stage producer;
  private final List<Access> operands;
  private final Optional<CoreProduct> cores;
  private final List<Axis> others;

  /** By how much an index of an operand moves with each axis; empty where it is not linear. */
  private final List<List<Optional<long[]>>> moves;

  private final List<List<Neighbours>> next;

  /**
   * @param cores how tensor cores multiply; empty where they do not
   * @param others the rows and columns of the result
   */
  OperandStage(
      Stage producer, List<Access> operands, Optional<CoreProduct> cores, List<Axis> others) {
    this.producer = producer;
    this.operands = operands;
    this.cores = cores;
    this.others = others;
    this.moves =
        operands.stream()
            .map(operand -> operand.indices().stream().map(this::moves).toList())
            .toList();
    this.next = operands.stream().map(this::neighbours).toList();
  }

  private Optional<long[]> moves(PrimExpr index) {
    List<OptionalLong> factors =
        Stream.concat(producer.op().axes().stream(), producer.op().reduceAxes().stream())
            .map(axis -> Access.coefficient(index, axis.var()))
            .toList();
    return factors.stream().allMatch(OptionalLong::isPresent)
        ? Optional.of(factors.stream().mapToLong(OptionalLong::getAsLong).toArray())
        : Optional.empty();
  }

  /**
   * The lengths that steps may have.
   *
   * @param axis the name of the reduce axis that is divided into steps
   * @param options what a step may have of it; of one warp where several share out a step
   * @param preferred the default
   */
  record Steps(String axis, List<Long> options, long preferred) {}

  /**
   * How long steps may be.
   *
   * @param sizes what a block has of each axis of the result; of the reduce axes it gets all, and
   *     of the divided one some step
   * @param warps how many share out a step: each part of it is one of theirs
   * @param threads of a block
   */
  Steps steps(CudaTarget gpu, Map<String, Long> sizes, long warps, long threads) {
    List<Axis> reduceAxes = producer.op().reduceAxes();
    int spatial = producer.op().axes().size();
    int longest = 0;
    for (int i = 0; i < reduceAxes.size(); i++) {
      longest = reduceAxes.get(i).size() > reduceAxes.get(longest).size() ? i : longest;
      sizes.put(producer.axes().get(spatial + i).id(), reduceAxes.get(i).size());
    }
    longest = cores.map(CoreProduct::along).orElse(longest);
    long step = cores.map(CoreProduct::step).orElse(1L);
    String axis = producer.axes().get(spatial + longest).id();
    long extent = reduceAxes.get(longest).size();
    long window = reduceAxes.stream().mapToLong(Axis::size).reduce(1, (a, b) -> a * b) / extent;
    // With fewer iterations all steps are one piece of straight code, and nothing runs ahead: what
    // is copied through registers takes the iterations by twos.
    long least = gpu.hasAsyncCopies() ? 2 : 4;
    List<Long> options = new ArrayList<>();
    long plain = step;
    long ahead = 0;
    for (long part = step; part <= Math.max(step, LONGEST_STEP) && part <= extent; part *= 2) {
      sizes.put(axis, warps * part);
      long bytes = bytes(sizes);
      boolean affordable = bytes <= CudaTarget.STATIC_SHARED_BYTES / 2;
      if (part == step || (extent % (warps * part) == 0 && affordable)) {
        options.add(part);
        boolean repeats =
            cores.isPresent() || least * part <= extent || part <= LEAST_PREFERRED_STEPS;
        boolean few = part * window <= MOST_PREFERRED_STEPS && bytes <= MOST_PREFERRED_BYTES;
        if (few && repeats) {
          plain = part;
          // What waits in registers on its way leaves room for a thread's sums and factors.
          boolean carried =
              gpu.hasAsyncCopies() || carriedRegisters(sizes, threads) <= MOST_CARRIED_REGISTERS;
          ahead = carried ? part : ahead;
        }
      }
    }
    sizes.put(axis, warps * step);
    boolean shortest = ahead == 0 && isCarried(gpu, sizes, threads);
    long best = ahead * window >= LEAST_CARRIED_STEPS ? ahead : shortest ? step : plain;
    return new Steps(axis, options, best);
  }

  /**
   * True where a thread has room for what is copied ahead of a step: where copies take no
   * registers, or its sums leave enough.
   *
   * @param sizes what a block has of each axis in a step
   */
  boolean isCarried(CudaTarget gpu, Map<String, Long> sizes, long threads) {
    if (gpu.hasAsyncCopies()) {
      return true;
    }
    long sums = 1;
    for (int i = 0; i < producer.op().axes().size(); i++) {
      sums *= sizes.get(producer.axes().get(i).id());
    }
    return sums / threads + carriedRegisters(sizes, threads) <= MOST_REGISTERS;
  }

  /** The registers of a thread for its part of a step's copies, and for their addresses. */
  private long carriedRegisters(Map<String, Long> sizes, long threads) {
    long registers = 0;
    for (int i = 0; i < operands.size(); i++) {
      int bytes = operands.get(i).tensor().dtype().bytes();
      int last = operands.get(i).indices().size() - 1;
      long elements = 1;
      for (int dim = 0; dim <= last; dim++) {
        elements *= span(i, dim, sizes);
      }
      long width = copied(span(i, last, sizes), bytes);
      long accesses = Math.ceilDiv(elements / width, threads);
      registers += accesses * (Math.ceilDiv(width * bytes, (long) Integer.BYTES) + 1);
    }
    return registers;
  }

  /** How many elements an access copies of rows of so many: up to 16 bytes. */
  static long copied(long rowLength, int elementBytes) {
    long width = ACCESS_BYTES / elementBytes;
    while (width > 1 && rowLength % width != 0) {
      width /= 2;
    }
    return width;
  }

  /** The bytes of the operands of one step. */
  long bytes(Map<String, Long> sizes) {
    long bytes = 0;
    for (int i = 0; i < operands.size(); i++) {
      Access operand = operands.get(i);
      long elements = operand.tensor().dtype().bytes();
      for (int dim = 0; dim < operand.indices().size(); dim++) {
        elements *= span(i, dim, sizes) + padding(i, dim, sizes);
      }
      bytes += elements;
    }
    return bytes;
  }

  /**
   * The same for the least step of the reduction on tensor cores.
   *
   * @param sizes what a block has of each axis of the result; those of the reduction are added
   * @param warps how many share out the step
   */
  long leastBytes(Map<String, Long> sizes, long warps) {
    int spatial = producer.op().axes().size();
    CoreProduct product = cores.orElseThrow();
    for (int i = 0; i < producer.op().reduceAxes().size(); i++) {
      long whole = producer.op().reduceAxes().get(i).size();
      sizes.put(
          producer.axes().get(spatial + i).id(),
          i == product.along() ? warps * product.step() : whole);
    }
    return bytes(sizes);
  }

  /**
   * By how much rows of the last dimension are longer than what they hold: those of fragments, and
   * those that are turned on the way.
   */
  private long padding(int number, int dim, Map<String, Long> sizes) {
    Access operand = operands.get(number);
    if (cores.isEmpty()) {
      boolean turned = dim < operand.indices().size() - 1 && dim == fastest(number, sizes);
      return turned ? ACCESS_BYTES / operand.tensor().dtype().bytes() : 0;
    }
    Axis along = producer.op().reduceAxes().get(cores.get().along());
    int last = CoreProduct.innermost(operand, along, others);
    return dim == last ? cores.get().padding(operand, along, others, last) : 0;
  }

  /**
   * The dimension along which a thread's neighbouring elements lie, on ordinary units: that of the
   * innermost row or column, where neighbours are one after the other; else the last.
   *
   * @param operand its number
   * @param sizes what a block has of each axis, all of those that are not named
   */
  int fastest(int operand, Map<String, Long> sizes) {
    int fastest = operands.get(operand).indices().size() - 1;
    for (Neighbours neighbours : next.get(operand)) {
      IterVar axis = producer.axes().get(neighbours.axis());
      boolean several = sizes.getOrDefault(axis.id(), axis.extent()) > 1;
      fastest = several ? neighbours.dim() : fastest;
    }
    return fastest;
  }

  /** A dimension in which what is next to each other for an axis is so in the operand. */
  private record Neighbours(int dim, int axis) {}

  /** Of what is next to each other for other axes, such as images, a thread has no neighbours. */
  private List<Neighbours> neighbours(Access operand) {
    Optional<Axis> innermost =
        others.reversed().stream().filter(axis -> operand.dependsOn(axis.var())).findFirst();
    List<Neighbours> all = new ArrayList<>();
    for (int dim = 0; dim < operand.indices().size(); dim++) {
      for (int i = 0; i < producer.op().axes().size(); i++) {
        Axis axis = producer.op().axes().get(i);
        boolean own = innermost.isEmpty() || innermost.get() == axis;
        if (own && Access.coefficient(operand.indices().get(dim), axis.var()).orElse(0) == 1) {
          all.add(new Neighbours(dim, i));
        }
      }
    }
    return all;
  }

  /**
   * How many indices of one dimension a block reads; the whole dimension where it is not plain.
   *
   * @param operand its number
   */
  long span(int operand, int dim, Map<String, Long> sizes) {
    long whole =
        operands.get(operand).tensor().dim(dim) instanceof IntImm size
            ? size.value()
            : Long.MAX_VALUE;
    Optional<long[]> factors = moves.get(operand).get(dim);
    if (factors.isEmpty()) {
      return whole;
    }
    long span = 1;
    for (int i = 0; i < factors.get().length; i++) {
      span += Math.abs(factors.get()[i]) * (sizes.get(producer.axes().get(i).id()) - 1);
    }
    return Math.min(whole, span);
  }
}
