package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.emit.TileRegisters.Multiplication;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Stmt;

/**
 * Where the tiles of a {@link TileProduct} lie in memory.
 *
 * @param multiplications in the order of the loops
 * @param sumStride how many elements lie between neighbouring rows of a sum
 * @param leftStride the same of a left operand
 * @param rightStride the same of a right operand, whose rows are words of the reduction
 */
record TilePlaces(
    List<Multiplication> multiplications, long sumStride, long leftStride, long rightStride) {

  TilePlaces {
    multiplications = List.copyOf(multiplications);
  }

  /** The places; empty where tiles do not lie as the instructions read them. */
  static Optional<TilePlaces> of(TileProduct product, EmitContext context) {
    boolean inMemory =
        context.storageOf(product.sums()) instanceof Storage.Memory
            && context.storageOf(product.first().left().buffer()) instanceof Storage.Memory
            && context.storageOf(product.first().right().buffer()) instanceof Storage.Memory;
    return inMemory ? new Walk(context, product).places() : Optional.empty();
  }

  private static final class Walk {
    private final EmitContext context;
    private final TileProduct product;
    private final List<Multiplication> found = new ArrayList<>();
    private final List<Long> strides = new ArrayList<>();
    private boolean fits = true;

    Walk(EmitContext context, TileProduct product) {
      this.context = context;
      this.product = product;
    }

    Optional<TilePlaces> places() {
      within(product.reduction());
      return fits
          ? Optional.of(new TilePlaces(found, strides.get(0), strides.get(1), strides.get(2)))
          : Optional.empty();
    }

    private void within(List<Stmt.For> loops) {
      if (loops.isEmpty()) {
        visit(product.body());
        return;
      }
      Stmt.For loop = loops.getFirst();
      LoopShape shape = LoopShape.of(loop, context.indices);
      try (var _ = shape.bindWithoutValue(loop.var(), context.environment)) {
        within(loops.subList(1, loops.size()));
      }
    }

    private void visit(Stmt stmt) {
      if (stmt instanceof Stmt.Seq(List<Stmt> statements)) {
        statements.forEach(this::visit);
        return;
      }
      Stmt.For loop = (Stmt.For) stmt;
      Optional<TileProduct.Nest> nest = TileProduct.Nest.of(loop, context.target);
      if (nest.isPresent()) {
        add(nest.get());
        return;
      }
      LoopShape shape = LoopShape.of(loop, context.indices);
      for (long i = 0; i < shape.constantExtent(loop); i++) {
        var alias = new Environment.Binding.Alias(shape.min().plus(i));
        try (var _ = context.environment.bind(loop.var(), alias)) {
          visit(loop.body());
        }
      }
    }

    private void add(TileProduct.Nest nest) {
      Load sum = new Load(nest.store().buffer(), nest.store().indices());
      int inWord = Integer.BYTES / nest.left().dtype().bytes();
      PrimVar none = nest.word().var();
      Affine placeOfSum = at(nest, none, 0, sum);
      Affine placeOfLeft = at(nest, none, 0, nest.left());
      Affine placeOfRight = at(nest, none, 0, nest.right());
      boolean packed =
          areNeighbours(nest.lefts(), nest, placeOfLeft)
              && areNeighbours(nest.rights(), nest, placeOfRight)
              && moves(nest, nest.column(), sum, 1)
              && moves(nest, nest.word(), nest.left(), inWord)
              && moves(nest, nest.column(), nest.right(), inWord);
      Optional<Long> between = stride(nest, Optional.of(nest.word()), nest.right());
      Optional<Long> ofSums = stride(nest, nest.row(), sum);
      Optional<Long> ofRows = stride(nest, nest.row(), nest.left());
      if (!packed || between.isEmpty() || ofSums.isEmpty() || ofRows.isEmpty()) {
        fits = false;
        return;
      }
      List<Long> own = List.of(ofSums.get(), ofRows.get(), between.get());
      if (strides.isEmpty()) {
        strides.addAll(own);
      }
      // A single row has no stride of its own, and takes that of others.
      fits &= strides.equals(own) || (nest.rows() == 1 && strides.get(2).equals(own.get(2)));
      found.add(new Multiplication(nest.rows(), placeOfSum, placeOfLeft, placeOfRight));
    }

    private boolean moves(TileProduct.Nest nest, Stmt.For loop, Load load, long wanted) {
      return stride(nest, Optional.of(loop), load).filter(step -> step == wanted).isPresent();
    }

    /** How far {@code load} moves with each iteration of a loop of the nest; empty if it varies. */
    private Optional<Long> stride(TileProduct.Nest nest, Optional<Stmt.For> loop, Load load) {
      if (loop.isEmpty() || TileProduct.length(loop.get()) == 1) {
        return Optional.of(0L);
      }
      Optional<Long> stride = Optional.empty();
      Affine before = null;
      for (long i = 0; i < TileProduct.length(loop.get()); i++) {
        Affine place = at(nest, loop.get().var(), i, load);
        if (before != null) {
          Affine moved = place.minus(before);
          if (!moved.isConstant() || stride.filter(s -> s != moved.constant()).isPresent()) {
            return Optional.empty();
          }
          stride = Optional.of(moved.constant());
        }
        before = place;
      }
      return stride;
    }

    private boolean areNeighbours(List<Load> loads, TileProduct.Nest nest, Affine first) {
      for (int i = 0; i < loads.size(); i++) {
        Affine distance = at(nest, nest.word().var(), 0, loads.get(i)).minus(first);
        if (!distance.isConstant() || distance.constant() != i) {
          return false;
        }
      }
      return true;
    }

    /** The place of {@code load} in iteration {@code value} of one loop, in the first of others. */
    private Affine at(TileProduct.Nest nest, PrimVar variable, long value, Load load) {
      try (var _ = bind(nest.row(), variable, value);
          var _ = bind(Optional.of(nest.word()), variable, value);
          var _ = bind(Optional.of(nest.column()), variable, value)) {
        return offset(load);
      }
    }

    private Environment.Scope bind(Optional<Stmt.For> loop, PrimVar variable, long value) {
      return loop.isPresent()
          ? context.environment.bindConstant(
              loop.get().var(), loop.get().var() == variable ? value : 0)
          : () -> {};
    }

    private Affine offset(Load load) {
      return context.indices.offset(load.buffer(), load.indices());
    }
  }
}
