package org.jtvmc.codegen.pass;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.codegen.emit.InstructionSet;
import org.jtvmc.codegen.emit.LaneReduction;
import org.jtvmc.codegen.emit.TileProduct;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.pass.Pass;

/**
 * Keeps the elements that a reduction loop accumulates into in a local tile, which then lives in
 * registers:
 *
 * <pre>
 *   for r in 0..n { vectorized for v in 0..16 { a[i, v] = a[i, v] + x } }
 *
 *   vectorized for v in 0..16 { tile[v] = a[i, v] }
 *   for r in 0..n { vectorized for v in 0..16 { tile[v] = tile[v] + x } }
 *   vectorized for v in 0..16 { a[i, v] = tile[v] }
 * </pre>
 *
 * Where all lanes add to one element, each has its own sum until the end:
 *
 * <pre>
 *   for r in 0..n { vectorized for v in 0..16 { a[i] = a[i] + x } }
 *
 *   vectorized for v in 0..16 { tile[v] = 0 }
 *   for r in 0..n { vectorized for v in 0..16 { tile[v] = tile[v] + x } }
 *   vectorized for v in 0..16 { a[i] = a[i] + tile[v] }
 * </pre>
 *
 * Products of tiles are left as they are: tile registers are for their sums.
 */
public final class AccumulateInRegisters implements Pass<PrimFunc> {
  /** Elements of a tile, beyond which it would not fit the registers. */
  private static final long MOST_ELEMENTS = 1024;

  private final InstructionSet target;

  public AccumulateInRegisters(InstructionSet target) {
    this.target = target;
  }

  @Override
  public PrimFunc apply(PrimFunc function) {
    return function.withBody(visit(function.body(), new HashSet<>()));
  }

  /**
   * @param outer the variables of serial and parallel loops around
   */
  private Stmt visit(Stmt stmt, Set<PrimVar> outer) {
    if (stmt instanceof Stmt.For loop) {
      if (loop.kind() == ForKind.VECTORIZED || TileProduct.of(loop, target).isPresent()) {
        return stmt;
      }
      if (loop.kind() == ForKind.SERIAL) {
        Optional<Stmt> rewritten = rewrite(loop, outer);
        if (rewritten.isPresent()) {
          return rewritten.get();
        }
      }
      Set<PrimVar> inner = new HashSet<>(outer);
      if (loop.kind() != ForKind.UNROLLED) {
        inner.add(loop.var());
      }
      return loop.withBody(visit(loop.body(), inner));
    }
    return Stmts.mapChildren(stmt, child -> visit(child, outer), expr -> expr);
  }

  /**
   * A step of a reduction inside a serial loop.
   *
   * @param tile the unrolled and vectorised loops around the step whose iterations have their own
   *     accumulators, outermost first
   * @param separate true where lanes that share an element accumulate apart
   * @param guards the conditions around the step that the tile's elements depend on
   */
  private record Step(
      Stmt.Store store, List<Stmt.For> tile, boolean separate, List<PrimExpr> guards) {}

  private static Optional<Stmt> rewrite(Stmt.For loop, Set<PrimVar> outer) {
    return findStep(loop, outer).map(step -> withTile(loop, step));
  }

  /** The only statement of the loop, where it is a step that can be kept in registers. */
  private static Optional<Step> findStep(Stmt.For loop, Set<PrimVar> outer) {
    List<Stmt.For> tile = new ArrayList<>();
    List<PrimExpr> conditions = new ArrayList<>();
    Set<PrimVar> serial = new HashSet<>(Set.of(loop.var()));
    Stmt inner = loop.body();
    while (!(inner instanceof Stmt.Store)) {
      switch (inner) {
        case Stmt.For nested when nested.kind() == ForKind.SERIAL -> {
          serial.add(nested.var());
          inner = nested.body();
        }
        case Stmt.For nested
            when nested.kind() == ForKind.UNROLLED || nested.kind() == ForKind.VECTORIZED -> {
          tile.add(nested);
          inner = nested.body();
        }
        case Stmt.If branch when branch.otherwise().isEmpty() -> {
          conditions.addAll(Guard.conjuncts(branch.condition()));
          inner = branch.then();
        }
        case Stmt.For _, Stmt.If _, Stmt.Store _, Stmt.Allocate _, Stmt.Seq _, Stmt.Evaluate _ -> {
          return Optional.empty();
        }
      }
    }
    return step((Stmt.Store) inner, tile, conditions, serial, outer);
  }

  private static Optional<Step> step(
      Stmt.Store store,
      List<Stmt.For> loops,
      List<PrimExpr> conditions,
      Set<PrimVar> serial,
      Set<PrimVar> outer) {
    Optional<LaneReduction> reduction = LaneReduction.match(store);
    if (reduction.isEmpty()
        || usesAny(store.indices(), serial)
        || reads(reduction.get().value(), store.buffer())) {
      return Optional.empty();
    }
    List<Stmt.For> tile = new ArrayList<>();
    boolean separate = false;
    for (Stmt.For loop : loops) {
      boolean addressed = usesAny(store.indices(), Set.of(loop.var()));
      boolean lanes = loop.kind() == ForKind.VECTORIZED;
      if (addressed || lanes) {
        tile.add(loop);
        separate |= !addressed;
      }
      if (!(loop.min() instanceof IntImm) || !(loop.extent() instanceof IntImm)) {
        return Optional.empty();
      }
    }
    long elements = 1;
    for (Stmt.For loop : tile) {
      elements *= ((IntImm) loop.extent()).value();
    }
    // Without a variable around, a local buffer is all in registers already.
    boolean local = store.buffer().scope() == Scope.LOCAL && !usesAny(store.indices(), outer);
    if (elements > MOST_ELEMENTS || (local && !separate)) {
      return Optional.empty();
    }
    List<PrimExpr> guards = new ArrayList<>();
    Set<PrimVar> tileVars = new HashSet<>();
    tile.forEach(loop -> tileVars.add(loop.var()));
    Set<PrimVar> all = new HashSet<>(serial);
    loops.forEach(loop -> all.add(loop.var()));
    all.removeAll(tileVars);
    for (PrimExpr condition : conditions) {
      if (!usesAny(List.of(condition), all)) {
        guards.add(condition);
      } else if (usesAny(List.of(condition), tileVars)) {
        return Optional.empty();
      }
    }
    return Optional.of(new Step(store, tile, separate, guards));
  }

  private static Stmt withTile(Stmt.For loop, Step step) {
    Stmt.Store store = step.store();
    Buffer buffer = store.buffer();
    LaneReduction reduction = LaneReduction.match(store).orElseThrow();
    List<PrimExpr> shape = new ArrayList<>();
    List<PrimExpr> place = new ArrayList<>();
    for (Stmt.For axis : step.tile()) {
      shape.add(axis.extent());
      place.add(axis.var().minus(axis.min()));
    }
    Buffer tile = Buffer.dense(buffer.name() + "_tile", buffer.dtype(), shape, Scope.LOCAL);
    PrimExpr kept = new Load(tile, place);
    PrimExpr before = new Load(buffer, store.indices());
    Stmt update = new Stmt.Store(tile, place, Binary.of(reduction.op(), kept, reduction.value()));
    PrimExpr start =
        step.separate() ? LaneReduction.neutral(reduction.op(), buffer.dtype()) : before;
    PrimExpr end = step.separate() ? Binary.of(reduction.op(), before, kept) : kept;
    Stmt main = Stmts.rewrite(loop, stmt -> stmt == store ? update : stmt, expr -> expr);
    return new Stmt.Allocate(
        tile,
        Stmt.seq(
            overTile(step, new Stmt.Store(tile, place, start)),
            main,
            overTile(step, new Stmt.Store(buffer, store.indices(), end))));
  }

  /** The statement for every element of the tile, in loops of their own. */
  private static Stmt overTile(Step step, Stmt.Store store) {
    Stmt body = store;
    for (PrimExpr guard : step.guards().reversed()) {
      body = new Stmt.If(guard, body, Optional.empty(), true);
    }
    Map<PrimVar, PrimVar> fresh = new HashMap<>();
    for (Stmt.For axis : step.tile().reversed()) {
      PrimVar variable = PrimVar.index(axis.var().name());
      fresh.put(axis.var(), variable);
      body = new Stmt.For(variable, axis.min(), axis.extent(), axis.kind(), body);
    }
    return Stmts.substitute(body, fresh);
  }

  private static boolean reads(PrimExpr expr, Buffer buffer) {
    boolean[] found = {false};
    PrimExprs.forEach(
        expr, node -> found[0] |= node instanceof Load load && load.buffer() == buffer);
    return found[0];
  }

  private static boolean usesAny(List<PrimExpr> exprs, Set<PrimVar> variables) {
    return exprs.stream()
        .anyMatch(
            expr -> PrimExprs.variables(expr).keySet().stream().anyMatch(variables::contains));
  }
}
