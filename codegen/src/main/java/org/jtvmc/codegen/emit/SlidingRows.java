package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.type.DType;

/**
 * A window that slides in two directions over a register tile as wide as a row, such as a depthwise
 * convolution's whose pixels are in the lanes:
 *
 * <pre>
 *   unrolled for kw, for kh, for h:
 *     vectorized for w:
 *       sum[h, w] = sum[h, w] + x[h + kh, w + kw] * weight[kh, kw]
 * </pre>
 *
 * <p>Its steps are emitted in the order of the rows that they read: a row is loaded once, in whole
 * vectors, and serves all sums that want it. What {@code kw} moves to the side is shuffled out of
 * neighbouring vectors: of loads from such places nearly all cross a line, which takes them twice
 * as long, and what waits for them is started in vain.
 */
final class SlidingRows {
  /** Of eight registers, how many the sums may fill so that a row's vectors fit beside them. */
  private static final int MOST_OF_EIGHT = 5;

  private static final int REGISTERS = 32;
  private static final int VECTOR_BITS = 512;
  private static final int VECTOR_LANES = 16;

  /**
   * One statement of one vector.
   *
   * @param point what the loops' variables are
   * @param sum where in the tile the vector is
   */
  private record Step(
      List<Long> point, VectorPlan.Piece piece, WindowRead.Place place, Affine sum) {}

  /** Neighbours in a row, from {@code first} on. */
  private record Elements(Affine row, int first) {}

  private final EmitContext context;
  private final List<Stmt.For> loops;
  private final Stmt.For lanes;
  private final Stmt.Store store;
  private final WindowRead read;

  private SlidingRows(
      EmitContext context,
      List<Stmt.For> loops,
      Stmt.For lanes,
      Stmt.Store store,
      WindowRead read) {
    this.context = context;
    this.loops = loops;
    this.lanes = lanes;
    this.store = store;
    this.read = read;
  }

  /**
   * Emits {@code loop} where it is such a window and something is gained.
   *
   * @return false where nothing was emitted
   */
  static boolean emit(Stmt.For loop, EmitContext context, ExprEmitter exprs) {
    Optional<SlidingRows> rows = match(loop, context);
    Optional<List<Step>> steps = rows.flatMap(SlidingRows::steps);
    if (steps.isEmpty() || !rows.get().isGain(steps.get())) {
      return false;
    }
    rows.get().emit(steps.get(), exprs);
    return true;
  }

  private static Optional<SlidingRows> match(Stmt.For loop, EmitContext context) {
    List<Stmt.For> loops = new ArrayList<>();
    Stmt inner = loop;
    while (inner instanceof Stmt.For nested && nested.kind() == ForKind.UNROLLED) {
      loops.add(nested);
      inner = nested.body();
    }
    if (!context.target.isX86()
        || context.target.vectorBits() < VECTOR_BITS
        || loops.size() < 2
        || !loops.stream().allMatch(SlidingRows::isConstant)
        || !(inner instanceof Stmt.For lanes)
        || lanes.kind() != ForKind.VECTORIZED
        || !isConstant(lanes)
        || !(lanes.body() instanceof Stmt.Store store)) {
      return Optional.empty();
    }
    return LaneReduction.match(store)
        .filter(_ -> context.storageOf(store.buffer()) instanceof Storage.Registers)
        .flatMap(reduction -> WindowRead.in(reduction.value(), lanes))
        .filter(read -> context.storageOf(read.load().buffer()) instanceof Storage.Memory)
        .map(read -> new SlidingRows(context, loops, lanes, store, read));
  }

  private static boolean isConstant(Stmt.For loop) {
    return loop.min() instanceof IntImm && loop.extent() instanceof IntImm;
  }

  /** All steps in the order of the loops; empty where it is not known where they read. */
  private Optional<List<Step>> steps() {
    List<Step> steps = new ArrayList<>();
    for (List<Long> point : points()) {
      for (VectorPlan.Piece piece : context.vectors.pieces(lanes)) {
        try (var _ = bind(point, piece)) {
          Optional<WindowRead.Place> place = read.place(context.indices, piece.count());
          if (place.isEmpty()) {
            return Optional.empty();
          }
          Affine sum = context.indices.offset(store.buffer(), store.indices());
          steps.add(new Step(point, piece, place.get(), sum));
        }
      }
    }
    return Optional.of(steps);
  }

  /** The values of the loops' variables. */
  private List<List<Long>> points() {
    List<List<Long>> points = List.of(List.of());
    for (Stmt.For loop : loops) {
      List<List<Long>> longer = new ArrayList<>();
      for (List<Long> point : points) {
        for (long i = 0; i < TileStep.length(loop); i++) {
          longer.add(
              Stream.concat(point.stream(), Stream.of(((IntImm) loop.min()).value() + i)).toList());
        }
      }
      points = longer;
    }
    return points;
  }

  private Environment.Scope bind(List<Long> point, VectorPlan.Piece piece) {
    List<Environment.Scope> scopes = new ArrayList<>();
    for (int i = 0; i < loops.size(); i++) {
      scopes.add(context.environment.bindConstant(loops.get(i).var(), point.get(i)));
    }
    Affine first = Affine.of(((IntImm) lanes.min()).value() + piece.start());
    scopes.add(context.environment.bindLanes(lanes.var(), first, piece.lanes()));
    return () -> scopes.reversed().forEach(Environment.Scope::close);
  }

  /**
   * True where whole vectors of the rows are fewer than the places that are read, the sums leave
   * registers for them, and what is not to be read of a row no step reads.
   */
  private boolean isGain(List<Step> steps) {
    Set<Affine> sums = new HashSet<>();
    Set<Elements> places = new HashSet<>();
    Set<Elements> vectors = new HashSet<>();
    int width = context.vectors.pieces(lanes).getFirst().lanes();
    for (Step step : steps) {
      WindowRead.Place place = step.place();
      sums.add(step.sum());
      places.add(new Elements(place.row(), place.first()));
      place.alive().stream()
          .map(lane -> place.first() + lane)
          .map(element -> element - Math.floorMod(element, width))
          .forEach(first -> vectors.add(new Elements(place.row(), first)));
    }
    Map<Affine, List<Step>> rows = byRow(steps);
    return width == VECTOR_LANES
        && sums.size() * 8 <= MOST_OF_EIGHT * REGISTERS
        && vectors.size() < places.size()
        && places.size() < steps.size()
        && rows.keySet().stream().map(Affine::terms).distinct().count() == 1
        && rows.values().stream().allMatch(this::isAlike);
  }

  /** True where the steps of a row agree on when it is read, and on which of its elements are. */
  private boolean isAlike(List<Step> row) {
    BitSet inside = inside(row);
    return row.stream()
        .map(Step::place)
        .allMatch(
            place ->
                place.tests().equals(row.getFirst().place().tests())
                    && IntStream.range(0, place.lanes())
                        .allMatch(
                            lane ->
                                place.alive().get(lane)
                                    == RowVectors.isIn(inside, place.first() + lane)));
  }

  /** The elements of a row that are read; none lies before the first. */
  private static BitSet inside(List<Step> row) {
    BitSet inside = new BitSet();
    for (Step step : row) {
      step.place().alive().stream()
          .map(lane -> step.place().first() + lane)
          .filter(element -> element >= 0)
          .forEach(inside::set);
    }
    return inside;
  }

  private static Map<Affine, List<Step>> byRow(List<Step> steps) {
    return steps.stream()
        .sorted(Comparator.comparingLong(step -> step.place().row().constant()))
        .collect(
            Collectors.groupingBy(
                step -> step.place().row(), LinkedHashMap::new, Collectors.toList()));
  }

  private void emit(List<Step> steps, ExprEmitter exprs) {
    for (List<Step> row : byRow(steps).values()) {
      RowVectors vectors = vectors(row, exprs);
      for (Step step : row) {
        VectorPlan.Piece piece = step.piece();
        try (var _ = bind(step.point(), piece);
            var _ = context.masked(new Mask(piece.count(), piece.lanes(), null))) {
          exprs.beginStatement();
          exprs.know(read.expr(), vectors.from(step.place().first(), piece.lanes()));
          exprs.memory().store(store.buffer(), step.sum(), exprs.emit(store.value()));
        }
      }
      context.ir.keepOrder();
    }
  }

  private RowVectors vectors(List<Step> row, ExprEmitter exprs) {
    WindowRead.Place place = row.getFirst().place();
    IrBuilder ir = context.ir;
    exprs.beginStatement();
    Value guard = null;
    for (WindowRead.RowTest test : place.tests()) {
      Value left = exprs.indexEmitter().emit(test.value());
      Value holds = context.arithmetic.compare(test.op(), left, ir.constant(DType.I64, 0L));
      guard = guard == null ? holds : context.arithmetic.binary(BinaryOp.AND, guard, holds);
    }
    DType dtype = read.load().buffer().dtype();
    LLVMValueRef base = ((Storage.Memory) context.storageOf(read.load().buffer())).base();
    LLVMValueRef start =
        exprs.indexEmitter().address(ir.types().memory(dtype, 1), base, place.row());
    return new RowVectors(
        ir,
        dtype,
        start,
        guard == null ? null : guard.ref(),
        context.vectors.pieces(lanes).getFirst().lanes(),
        inside(row));
  }
}
