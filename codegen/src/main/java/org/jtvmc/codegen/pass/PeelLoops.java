package org.jtvmc.codegen.pass;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.arith.Interval;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.arith.VarRanges;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.FreshNames;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.pass.Pass;

/**
 * Splits loops where the guards of uneven splits change their truth, so that the main part has
 * none:
 *
 * <pre>
 *   for i in 0..3 { for j in 0..8 { if likely i * 8 + j &lt; 20 { body } } }
 *
 *   for i in 0..2 { for j in 0..8 { body } }
 *   for j in 0..4 { body[i := 2] }
 * </pre>
 *
 * A parallel loop stays whole and chooses between the parts inside, since starting a second one
 * costs more than a branch. What a GPU's blocks and threads do is left as it is: there a guard
 * costs little, and all threads must come to the same barriers.
 */
public final class PeelLoops implements Pass<PrimFunc> {
  /** The growth that peeling may cause, in statements after unrolling. */
  private static final long MOST_STATEMENTS = 20_000;

  @Override
  public PrimFunc apply(PrimFunc function) {
    boolean[] guarded = {false};
    Stmts.forEach(function.body(), s -> guarded[0] |= s instanceof Stmt.If i && i.likely());
    return guarded[0] ? function.withBody(new Peeling().visit(function.body())) : function;
  }

  /**
   * Where a guard changes: it holds for all values of {@code atom} below {@code end}, or for none
   * from there on.
   */
  private record Cut(PrimExpr atom, long end) {}

  private static final class Peeling {
    private final VarRanges ranges = new VarRanges();
    private final Simplifier simplifier = new Simplifier(ranges);
    private long statements;

    /** Conditions that are known not to hold, inside what is made for that case. */
    private final Set<PrimExpr> settled = new HashSet<>();

    Stmt visit(Stmt stmt) {
      return switch (stmt) {
        case Stmt.For loop -> visitLoop(loop);
        case Stmt.If branch -> visitIf(branch);
        case Stmt.Allocate allocate -> {
          Stmt body = visit(allocate.body());
          yield isNothing(body) ? body : allocate.withBody(body);
        }
        case Stmt.Seq seq -> {
          List<Stmt> kept = new ArrayList<>();
          for (Stmt statement : seq.statements()) {
            Stmt visited = visit(statement);
            if (!isNothing(visited)) {
              kept.add(visited);
            }
          }
          yield kept.equals(seq.statements()) ? seq : Stmt.seq(kept);
        }
        case Stmt.Store _, Stmt.Evaluate _ -> stmt;
      };
    }

    private Stmt visitIf(Stmt.If branch) {
      PrimExpr condition = Guard.remaining(branch.condition(), simplifier);
      if (IntImm.is(condition, 1)) {
        return visit(branch.then());
      }
      if (IntImm.is(condition, 0)) {
        return branch.otherwise().map(this::visit).orElse(Stmt.nothing());
      }
      Stmt then = visit(branch.then());
      Optional<Stmt> otherwise = branch.otherwise().map(this::visit);
      return isNothing(then) && otherwise.isEmpty()
          ? then
          : new Stmt.If(condition, then, otherwise, branch.likely());
    }

    private Stmt visitLoop(Stmt.For loop) {
      if (IntImm.is(loop.extent(), 1) && !isThread(loop)) {
        return visit(Stmts.substitute(loop.body(), Map.of(loop.var(), loop.min())));
      }
      ranges.with(loop.var(), range(loop));
      if (isThread(loop)) {
        Stmt body = visit(loop.body());
        return isNothing(body) ? body : loop.withBody(body);
      }
      Optional<Cut> cut = cut(loop.body(), Set.of(loop.var()));
      if (cut.isPresent()
          && cut.get().atom() == loop.var()
          && loop.kind() != ForKind.PARALLEL
          && loop.min() instanceof IntImm min
          && loop.extent() instanceof IntImm extent
          && affords(loop)) {
        long end = cut.get().end();
        Stmt.For main = part(loop, min.value(), end);
        Stmt.For tail = part(loop, end, min.value() + extent.value());
        return join(visitLoop(main), visit(FreshNames.copy(tail)));
      }
      Stmt body = visitBody(loop, loop.body(), Set.of(loop.var()));
      return isNothing(body) ? body : loop.withBody(body);
    }

    private static boolean isThread(Stmt.For loop) {
      return loop.kind() == ForKind.THREAD;
    }

    private static Stmt.For part(Stmt.For loop, long begin, long end) {
      return new Stmt.For(
          loop.var(),
          IntImm.of(begin),
          IntImm.of(end - begin),
          loop.kind(),
          loop.tag(),
          loop.body());
    }

    /**
     * The body, with a choice for every atom at which a guard changes.
     *
     * @param bound the loop's variable, and the names that stand for its atoms
     */
    private Stmt visitBody(Stmt.For loop, Stmt body, Set<PrimVar> bound) {
      Optional<Cut> cut = cut(body, bound);
      if (cut.isEmpty()) {
        return visitOpen(loop, body, bound);
      }
      if (!affords(loop)) {
        return visit(body);
      }
      PrimExpr atom = cut.get().atom();
      Interval range = simplifier.bounds(atom);
      long end = cut.get().end();
      PrimExpr condition = atom.lessThan(end);
      Stmt main = specialized(loop, body, atom, new Interval(range.min(), end - 1), bound);
      Stmt copy = FreshNames.copy(body);
      Stmt tail = specialized(loop, copy, atom, new Interval(end, range.max()), bound);
      if (isNothing(main)) {
        return isNothing(tail)
            ? tail
            : new Stmt.If(Not.of(condition), tail, Optional.empty(), false);
      }
      return isNothing(tail)
          ? new Stmt.If(condition, main, Optional.empty(), false)
          : new Stmt.If(condition, main, Optional.of(tail), false);
    }

    /**
     * The body with a choice for every guard against a size that is known only at run time: where
     * it holds for all values of the loops inside, it goes.
     */
    private Stmt visitOpen(Stmt.For loop, Stmt body, Set<PrimVar> bound) {
      OpenGuards guards = new OpenGuards(simplifier, bound);
      Optional<PrimExpr> sufficient =
          guards.find(body, nested -> ranges.with(nested.var(), range(nested)), settled);
      if (sufficient.isEmpty() || loop.kind() == ForKind.UNROLLED || !affords(loop)) {
        return visit(body);
      }
      Stmt main = visitOpen(loop, guards.without(body, sufficient.get()), bound);
      settled.add(sufficient.get());
      Stmt tail = visitOpen(loop, FreshNames.copy(body), bound);
      settled.remove(sufficient.get());
      return new Stmt.If(sufficient.get(), main, Optional.of(tail), false);
    }

    /** The body where {@code atom} is known to lie within {@code range}. */
    private Stmt specialized(
        Stmt.For loop, Stmt body, PrimExpr atom, Interval range, Set<PrimVar> bound) {
      if (range.min() == range.max()) {
        return visitBody(loop, replace(body, atom, IntImm.of(range.min())), bound);
      }
      PrimVar narrow = PrimVar.index("narrow");
      ranges.with(narrow, range);
      Set<PrimVar> more = new HashSet<>(bound);
      more.add(narrow);
      Stmt visited = visitBody(loop, replace(body, atom, narrow), more);
      return replace(visited, narrow, atom);
    }

    private static Stmt replace(Stmt body, PrimExpr from, PrimExpr to) {
      return Stmts.rewrite(body, s -> s, e -> e.equals(from) ? to : e);
    }

    private boolean affords(Stmt.For loop) {
      long size = expandedSize(loop);
      if (statements + size > MOST_STATEMENTS) {
        return false;
      }
      statements += size;
      return true;
    }

    private static long expandedSize(Stmt stmt) {
      if (stmt instanceof Stmt.Store) {
        return 1;
      }
      long sum = 0;
      for (Stmt child : Stmts.children(stmt)) {
        sum += expandedSize(child);
      }
      boolean unrolled = stmt instanceof Stmt.For loop && loop.kind() == ForKind.UNROLLED;
      return unrolled && ((Stmt.For) stmt).extent() instanceof IntImm extent
          ? sum * Math.max(1, extent.value())
          : sum;
    }

    /** The first place where a guard in {@code body} changes with one of the variables. */
    private Optional<Cut> cut(Stmt body, Set<PrimVar> bound) {
      return search(body, bound, new HashSet<>());
    }

    private Optional<Cut> search(Stmt stmt, Set<PrimVar> bound, Set<PrimVar> inner) {
      if (stmt instanceof Stmt.If branch && branch.likely()) {
        for (PrimExpr condition : Guard.conjuncts(branch.condition())) {
          Optional<Cut> cut = cut(condition, bound, inner);
          if (cut.isPresent()) {
            return cut;
          }
        }
      }
      if (stmt instanceof Stmt.For nested) {
        ranges.with(nested.var(), range(nested));
        inner.add(nested.var());
      }
      for (Stmt child : Stmts.children(stmt)) {
        Optional<Cut> cut = search(child, bound, inner);
        if (cut.isPresent()) {
          return cut;
        }
      }
      return Optional.empty();
    }

    private Optional<Cut> cut(PrimExpr condition, Set<PrimVar> bound, Set<PrimVar> inner) {
      LinearForm form = Guard.negativeForm(condition, simplifier).orElse(null);
      if (form == null) {
        return Optional.empty();
      }
      PrimExpr atom = null;
      long coefficient = 0;
      LinearForm rest = LinearForm.constant(form.constant());
      for (int i = 0; i < form.size(); i++) {
        PrimExpr candidate = form.atom(i);
        if (usesAny(candidate, inner)) {
          rest = rest.plus(LinearForm.atom(candidate), form.coefficient(i));
        } else if (atom == null && usesAny(candidate, bound)) {
          atom = candidate;
          coefficient = form.coefficient(i);
        } else {
          return Optional.empty();
        }
      }
      if (atom == null || coefficient <= 0) {
        return Optional.empty();
      }
      Interval range = simplifier.bounds(atom);
      Interval others = simplifier.bounds(rest);
      if (!range.isFinite() || !others.isFinite()) {
        return Optional.empty();
      }
      // coefficient * atom + others < 0, whatever the others are; then for some value of theirs.
      for (long other : new long[] {others.max(), others.min()}) {
        long end = Math.floorDiv(-other - 1, coefficient) + 1;
        if (end > range.min() && end <= range.max()) {
          return Optional.of(new Cut(atom, end));
        }
      }
      return Optional.empty();
    }

    private static boolean usesAny(PrimExpr atom, Set<PrimVar> variables) {
      return PrimExprs.variables(atom).keySet().stream().anyMatch(variables::contains);
    }

    private Interval range(Stmt.For loop) {
      Interval min = simplifier.bounds(loop.min());
      Interval last = simplifier.bounds(loop.min().plus(loop.extent()).minus(1));
      return new Interval(min.min(), Math.max(min.min(), last.max()));
    }

    private static Stmt join(Stmt main, Stmt tail) {
      if (isNothing(main)) {
        return tail;
      }
      return isNothing(tail) ? main : Stmt.seq(main, tail);
    }

    private static boolean isNothing(Stmt stmt) {
      return stmt instanceof Stmt.Seq(List<Stmt> statements) && statements.isEmpty();
    }
  }
}
