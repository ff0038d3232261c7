package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.emit.SlotTable.Slot;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;

/**
 * Decides whether a local buffer can live in registers: every access, as the emitter will make it,
 * is at constant positions, and no two vectors overlap in part. Walks the buffer's life in the same
 * way as {@link StmtEmitter}, but emits nothing.
 */
final class RegisterSlots {
  /** More registers' worth than this would only be spilled again. */
  private static final int MOST_SLOTS = 512;

  private final Buffer buffer;
  private final Environment environment;
  private final IndexAnalysis indices;
  private final VectorPlan vectors;
  private final List<Slot> accesses = new ArrayList<>();
  private boolean inMemory;
  private Mask mask = Mask.SCALAR;

  private RegisterSlots(Buffer buffer, Environment environment, VectorPlan vectors) {
    this.buffer = buffer;
    this.environment = environment;
    this.indices = new IndexAnalysis(environment);
    this.vectors = vectors;
  }

  /** The slots of the buffer that {@code allocate} makes; empty where it must be in memory. */
  static Optional<List<Slot>> plan(
      Stmt.Allocate allocate, Environment environment, VectorPlan vectors) {
    RegisterSlots walk = new RegisterSlots(allocate.buffer(), environment, vectors);
    walk.visit(allocate.body());
    return walk.inMemory ? Optional.empty() : walk.merge();
  }

  private Optional<List<Slot>> merge() {
    accesses.sort(
        Comparator.comparingLong(Slot::start)
            .thenComparing(Comparator.comparingInt(Slot::count).reversed())
            .thenComparing(Comparator.comparingInt(Slot::lanes).reversed()));
    List<Slot> merged = new ArrayList<>();
    for (Slot access : accesses) {
      Slot last = merged.isEmpty() ? null : merged.getLast();
      if (last == null || access.start() >= last.start() + last.count()) {
        merged.add(access);
      } else if (access.start() + access.count() > last.start() + last.count()) {
        return Optional.empty();
      }
    }
    return merged.size() <= MOST_SLOTS ? Optional.of(merged) : Optional.empty();
  }

  private void visit(Stmt stmt) {
    if (inMemory) {
      return;
    }
    switch (stmt) {
      case Stmt.For loop -> visitLoop(loop);
      case Stmt.If branch -> {
        visit(branch.condition());
        Optional<Boolean> known = indices.known(branch.condition());
        if (known.orElse(true)) {
          visit(branch.then());
        }
        if (!known.orElse(false)) {
          branch.otherwise().ifPresent(this::visit);
        }
      }
      case Stmt.Store store -> {
        store.indices().forEach(this::visit);
        visit(store.value());
        if (store.buffer() == buffer) {
          access(indices.offset(buffer, store.indices()), true);
        }
      }
      case Stmt.Evaluate _ -> Stmts.expressions(stmt).forEach(this::visit);
      case Stmt.Allocate _, Stmt.Seq _ -> Stmts.children(stmt).forEach(this::visit);
    }
  }

  private void visitLoop(Stmt.For loop) {
    if (loop.kind() == ForKind.PARALLEL && mentions(loop)) {
      inMemory = true;
      return;
    }
    visit(loop.min());
    visit(loop.extent());
    LoopShape shape = LoopShape.of(loop, indices);
    switch (loop.kind()) {
      case SERIAL, PARALLEL, THREAD -> {
        if (shape.extent().isConstant() && shape.extent().constant() <= 0) {
          return;
        }
        try (var _ = shape.bindWithoutValue(loop.var(), environment)) {
          visit(loop.body());
        }
      }
      case UNROLLED -> {
        for (long i = 0; i < shape.constantExtent(loop) && !inMemory; i++) {
          try (var _ =
              environment.bind(loop.var(), new Environment.Binding.Alias(shape.min().plus(i)))) {
            visit(loop.body());
          }
        }
      }
      case VECTORIZED -> {
        Mask outer = mask;
        for (VectorPlan.Piece piece : vectors.pieces(loop)) {
          mask = new Mask(piece.count(), piece.lanes(), null);
          try (var _ =
              environment.bindLanes(loop.var(), shape.min().plus(piece.start()), piece.lanes())) {
            visit(loop.body());
          }
        }
        mask = outer;
      }
    }
  }

  private boolean mentions(Stmt stmt) {
    boolean[] found = {false};
    Stmts.forEach(stmt, s -> found[0] |= s instanceof Stmt.Store st && st.buffer() == buffer);
    Stmts.forEachExpr(stmt, e -> found[0] |= e instanceof Load load && load.buffer() == buffer);
    return found[0];
  }

  private void visit(PrimExpr expr) {
    if (expr instanceof Select select) {
      Optional<Boolean> known = indices.known(select.condition());
      if (known.isPresent()) {
        visit(known.get() ? select.whenTrue() : select.whenFalse());
        return;
      }
    }
    if (expr instanceof Load load && load.buffer() == buffer) {
      access(indices.offset(buffer, load.indices()), false);
    }
    PrimExprs.children(expr).forEach(this::visit);
  }

  private void access(Affine offset, boolean store) {
    if (!offset.terms().isEmpty()) {
      inMemory = true;
      return;
    }
    long start = offset.constant();
    if (offset.lane() == 0) {
      accesses.add(new Slot(start, 1, 1));
    } else if (offset.lane() == 1) {
      accesses.add(new Slot(start, mask.count(), mask.lanes()));
    } else if (store) {
      inMemory = true;
    } else {
      for (int lane = 0; lane < mask.count(); lane++) {
        accesses.add(new Slot(start + lane * offset.lane(), 1, 1));
      }
    }
  }
}
