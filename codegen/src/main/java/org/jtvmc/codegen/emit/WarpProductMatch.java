package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongUnaryOperator;
import org.jtvmc.codegen.emit.Affine.Atom;
import org.jtvmc.codegen.emit.WarpProduct.Operand;
import org.jtvmc.codegen.emit.WarpProduct.Place;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.type.DType;

/** Finds out whether loops are a {@link WarpProduct}. */
final class WarpProductMatch {
  private final EmitContext context;
  private final PrimVar thread;
  private final long threads;

  /**
   * @param thread the variable that is {@code threadIdx.x}, the only index of a thread
   * @param threads its extent
   */
  WarpProductMatch(EmitContext context, PrimVar thread, long threads) {
    this.context = context;
    this.thread = thread;
    this.threads = threads;
  }

  /** The step of the reduction that {@code store} is, where it multiplies elements of two tiles. */
  private record Step(Stmt.Store store, Load first, Load second) {

    static Optional<Step> of(Stmt.Store store) {
      Optional<LaneReduction> reduction = LaneReduction.match(store);
      boolean sum =
          reduction.isPresent()
              && reduction.get().op() == BinaryOp.ADD
              && store.buffer().scope() == Scope.LOCAL;
      if (sum
          && reduction.get().value() instanceof Binary(BinaryOp op, PrimExpr left, PrimExpr right)
          && op == BinaryOp.MULTIPLY
          && left instanceof Cast(DType wide, Load first)
          && right instanceof Cast(DType same, Load second)
          && wide.equals(same)
          && wide.equals(store.buffer().dtype())
          && first.buffer().scope() == Scope.SHARED
          && second.buffer().scope() == Scope.SHARED
          && TensorCores.multiply(first.dtype(), second.dtype(), wide)) {
        return Optional.of(new Step(store, first, second));
      }
      return Optional.empty();
    }
  }

  /** The product that a loop does, if it is one. */
  Optional<WarpProduct> of(Stmt.For loop) {
    List<Stmt.For> loops = new ArrayList<>();
    Stmt inner = loop;
    while (inner instanceof Stmt.For nested) {
      boolean plain =
          nested.kind() != ForKind.THREAD
              && nested.kind() != ForKind.PARALLEL
              && nested.min() instanceof IntImm
              && nested.extent() instanceof IntImm;
      if (!plain) {
        return Optional.empty();
      }
      loops.add(nested);
      inner = nested.body();
    }
    boolean warps = threads > 0 && threads % CudaTarget.WARP == 0;
    return warps && inner instanceof Stmt.Store store
        ? Step.of(store).flatMap(step -> of(loops, step))
        : Optional.empty();
  }

  private Optional<WarpProduct> of(List<Stmt.For> loops, Step step) {
    List<Stmt.For> reduced = new ArrayList<>();
    List<Stmt.For> spatial = new ArrayList<>();
    for (Stmt.For loop : loops) {
      boolean moves = step.store.indices().stream().anyMatch(i -> PrimExprs.uses(i, loop.var()));
      (moves ? spatial : reduced).add(loop);
    }
    boolean inRegisters = context.storageOf(step.store.buffer()) instanceof Storage.Registers;
    if (reduced.size() != 1 || !inRegisters) {
      return Optional.empty();
    }
    Stmt.For along = reduced.getFirst();
    Optional<WarpProduct> inOrder = of(spatial, along, step.store, step.first, step.second);
    return inOrder.isPresent() ? inOrder : of(spatial, along, step.store, step.second, step.first);
  }

  private Optional<WarpProduct> of(
      List<Stmt.For> spatial, Stmt.For along, Stmt.Store store, Load left, Load right) {
    List<Affine> rows = new ArrayList<>();
    List<Affine> columns = new ArrayList<>();
    Map<Place, Affine> results = new LinkedHashMap<>();
    List<OptionalLong> leftSteps = new ArrayList<>();
    List<OptionalLong> rightSteps = new ArrayList<>();
    visit(
        spatial,
        () -> {
          leftSteps.add(step(along, left));
          rightSteps.add(step(along, right));
          try (var _ = bind(along, 0)) {
            Place place = new Place(numberOf(rows, offset(left)), numberOf(columns, offset(right)));
            results.put(place, context.indices.offset(store.buffer(), store.indices()));
          }
        });
    int depth = Math.toIntExact(extent(along));
    boolean grid =
        rows.size() % 2 == 0
            && columns.size() % 2 == 0
            && results.size() == rows.size() * columns.size()
            && results.values().stream().allMatch(Affine::isConstant)
            && leftSteps.stream().distinct().count() == 1
            && rightSteps.stream().distinct().count() == 1
            && depth % (WarpProduct.STEP_BYTES / left.dtype().bytes()) == 0;
    if (!grid || !areApart(rows) || !areApart(columns)) {
      return Optional.empty();
    }
    OptionalLong rowStep = laneStep(rows.getFirst(), lane -> lane / WarpProduct.THREADS_OF_ROW);
    OptionalLong columnStep =
        laneStep(columns.getFirst(), lane -> lane % WarpProduct.THREADS_OF_ROW);
    if (leftSteps.getFirst().isEmpty()
        || rightSteps.getFirst().isEmpty()
        || rowStep.isEmpty()
        || columnStep.isEmpty()) {
      return Optional.empty();
    }
    Operand a = new Operand(left.buffer(), leftSteps.getFirst().getAsLong(), rowStep.getAsLong());
    Operand b =
        new Operand(right.buffer(), rightSteps.getFirst().getAsLong(), columnStep.getAsLong());
    return isLoadable(a, rows, 1) && isLoadable(b, columns, 2)
        ? Optional.of(new WarpProduct(a, b, store.buffer(), rows, columns, results, depth))
        : Optional.empty();
  }

  private static long extent(Stmt.For loop) {
    return ((IntImm) loop.extent()).value();
  }

  private Affine offset(Load load) {
    return context.indices.offset(load.buffer(), load.indices());
  }

  private Environment.Scope bind(Stmt.For loop, long iteration) {
    return context.environment.bindConstant(loop.var(), ((IntImm) loop.min()).value() + iteration);
  }

  private void visit(List<Stmt.For> loops, Runnable action) {
    if (loops.isEmpty()) {
      action.run();
      return;
    }
    for (long i = 0; i < extent(loops.getFirst()); i++) {
      try (var _ = bind(loops.getFirst(), i)) {
        visit(loops.subList(1, loops.size()), action);
      }
    }
  }

  private static int numberOf(List<Affine> known, Affine offset) {
    int number = known.indexOf(offset);
    if (number < 0) {
      known.add(offset);
    }
    return number < 0 ? known.size() - 1 : number;
  }

  /** True where the places differ by numbers alone. */
  private static boolean areApart(List<Affine> places) {
    return places.stream().allMatch(place -> place.minus(places.getFirst()).isConstant());
  }

  /** How far an operand moves with each iteration of the reduction; empty where that varies. */
  private OptionalLong step(Stmt.For along, Load load) {
    OptionalLong step = OptionalLong.empty();
    Affine before = null;
    for (long i = 0; i < extent(along); i++) {
      try (var _ = bind(along, i)) {
        Affine place = offset(load);
        if (before != null) {
          Affine moved = place.minus(before);
          boolean same = step.isEmpty() || step.getAsLong() == moved.constant();
          if (!moved.isConstant() || !same) {
            return OptionalLong.empty();
          }
          step = OptionalLong.of(moved.constant());
        }
        before = place;
      }
    }
    return step;
  }

  /** How far a place moves with a part of the lane's number; empty where it moves otherwise. */
  private OptionalLong laneStep(Affine place, LongUnaryOperator part) {
    if (!isSeparable(place)) {
      return OptionalLong.empty();
    }
    long step = ofThread(place, CudaTarget.WARP - 1) - ofThread(place, 0);
    long parts = part.applyAsLong(CudaTarget.WARP - 1);
    if (step % parts != 0) {
      return OptionalLong.empty();
    }
    step /= parts;
    for (long t = 0; t < threads; t++) {
      long lane = t % CudaTarget.WARP;
      if (ofThread(place, t) - ofThread(place, t - lane) != step * part.applyAsLong(lane)) {
        return OptionalLong.empty();
      }
    }
    return OptionalLong.of(step);
  }

  /** True where each part of the place depends on the thread alone, or not on it. */
  private boolean isSeparable(Affine place) {
    return place.lane() == 0
        && place.terms().keySet().stream().allMatch(atom -> isOfThread(atom) || !uses(atom));
  }

  private boolean isOfThread(Atom atom) {
    return switch (atom) {
      case Atom.Variable(PrimVar variable) -> variable == thread;
      case Atom.Quotient(Affine numerator, _) -> isOfThread(numerator);
      case Atom.Modulus(Affine numerator, _) -> isOfThread(numerator);
      case Atom.Opaque _ -> false;
    };
  }

  private boolean isOfThread(Affine value) {
    return !value.terms().isEmpty() && value.terms().keySet().stream().allMatch(this::isOfThread);
  }

  private boolean uses(Atom atom) {
    return switch (atom) {
      case Atom.Variable(PrimVar variable) -> variable == thread;
      case Atom.Quotient(Affine numerator, _) -> uses(numerator);
      case Atom.Modulus(Affine numerator, _) -> uses(numerator);
      case Atom.Opaque(PrimExpr expr, _) -> PrimExprs.uses(expr, thread);
    };
  }

  private boolean uses(Affine value) {
    return value.terms().keySet().stream().anyMatch(this::uses);
  }

  /** The part of a separable place that the number of the thread decides. */
  private long ofThread(Affine place, long number) {
    long sum = 0;
    for (Map.Entry<Atom, Long> term : place.terms().entrySet()) {
      if (isOfThread(term.getKey())) {
        sum += term.getValue() * value(term.getKey(), number);
      }
    }
    return sum;
  }

  private long value(Atom atom, long number) {
    return switch (atom) {
      case Atom.Variable _ -> number;
      case Atom.Quotient(Affine numerator, long divisor) ->
          Math.floorDiv(numerator.constant() + ofThread(numerator, number), divisor);
      case Atom.Modulus(Affine numerator, long divisor) ->
          Math.floorMod(numerator.constant() + ofThread(numerator, number), divisor);
      case Atom.Opaque _ -> throw new IllegalStateException("not of the thread alone: " + atom);
    };
  }

  /**
   * True where {@code ldmatrix} can load every fragment, by rows of 16 bytes at multiples of 16:
   * either neighbouring products lie side by side; or, for numbers of two bytes, neighbouring rows
   * (columns) do, and the matrices are transposed as they are loaded. Words of four bytes of which
   * neighbouring rows (columns) lie side by side are loaded one by one.
   *
   * @param neighbours consecutive rows (columns) of one thread among eight
   */
  private boolean isLoadable(Operand operand, List<Affine> places, int neighbours) {
    int unit = operand.byWords() ? 1 : operand.unit();
    boolean loadable =
        operand.transposed()
            ? operand.dtype().bytes() >= 2
                && operand.step() % unit == 0
                && operand.laneStep() == neighbours
            : operand.laneStep() % unit == 0;
    for (int i = 0; i < places.size() && loadable; i++) {
      int among = operand.transposed() ? i % neighbours : 0;
      Affine place = places.get(i).plus(-among);
      loadable = beginsRow(place, unit) && (among == 0 || place.equals(places.get(i - among)));
    }
    return loadable;
  }

  /** True where the place of every warp's first thread is a multiple of {@code unit}. */
  private boolean beginsRow(Affine place, int unit) {
    boolean multiple = place.constant() % unit == 0;
    for (Map.Entry<Atom, Long> term : place.terms().entrySet()) {
      multiple &= isOfThread(term.getKey()) || term.getValue() % unit == 0;
    }
    for (long first = 0; first < threads; first += CudaTarget.WARP) {
      multiple &= ofThread(place, first) % unit == 0;
    }
    return multiple;
  }
}
