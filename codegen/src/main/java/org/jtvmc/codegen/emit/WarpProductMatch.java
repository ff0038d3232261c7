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
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.target.CudaTarget;

/** Finds out whether loops are a {@link WarpProduct}. */
final class WarpProductMatch {
  private final EmitContext context;
  private final ThreadTerms threads;

  WarpProductMatch(EmitContext context, ThreadTerms threads) {
    this.context = context;
    this.threads = threads;
  }

  /** The product that a loop does, if it is one. */
  Optional<WarpProduct> of(Stmt.For loop) {
    boolean warps = threads.width() > 0 && threads.width() % CudaTarget.WARP == 0;
    return warps ? ProductLoops.of(loop, context).flatMap(this::of) : Optional.empty();
  }

  private Optional<WarpProduct> of(ProductLoops loops) {
    if (loops.first().buffer().isSwizzled() || loops.second().buffer().isSwizzled()) {
      return Optional.empty();
    }
    return of(loops, loops.first(), loops.second())
        .or(() -> of(loops, loops.second(), loops.first()));
  }

  private Optional<WarpProduct> of(ProductLoops loops, Load left, Load right) {
    Stmt.Store store = loops.store();
    List<Affine> rows = new ArrayList<>();
    List<Affine> columns = new ArrayList<>();
    Map<Place, Affine> results = new LinkedHashMap<>();
    List<OptionalLong> leftSteps = new ArrayList<>();
    List<OptionalLong> rightSteps = new ArrayList<>();
    loops.forEachElement(
        context,
        () -> {
          leftSteps.add(step(loops, left));
          rightSteps.add(step(loops, right));
          try (var _ = loops.bindProduct(context, 0)) {
            Place place = new Place(numberOf(rows, offset(left)), numberOf(columns, offset(right)));
            results.put(place, context.indices.offset(store.buffer(), store.indices()));
          }
        });
    int depth = loops.depth();
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

  private Affine offset(Load load) {
    return context.indices.offset(load.buffer(), load.indices());
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
  private OptionalLong step(ProductLoops loops, Load load) {
    OptionalLong step = OptionalLong.empty();
    Affine before = null;
    for (int i = 0; i < loops.depth(); i++) {
      try (var _ = loops.bindProduct(context, i)) {
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
    if (!threads.separates(place)) {
      return OptionalLong.empty();
    }
    long step = threads.part(place, CudaTarget.WARP - 1) - threads.part(place, 0);
    long parts = part.applyAsLong(CudaTarget.WARP - 1);
    if (step % parts != 0) {
      return OptionalLong.empty();
    }
    step /= parts;
    for (long t = 0; t < threads.count(); t++) {
      long lane = t % CudaTarget.WARP;
      if (threads.part(place, t) - threads.part(place, t - lane) != step * part.applyAsLong(lane)) {
        return OptionalLong.empty();
      }
    }
    return OptionalLong.of(step);
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
      multiple &= threads.owns(term.getKey()) || term.getValue() % unit == 0;
    }
    for (long first = 0; first < threads.count(); first += CudaTarget.WARP) {
      multiple &= threads.part(place, first) % unit == 0;
    }
    return multiple;
  }
}
