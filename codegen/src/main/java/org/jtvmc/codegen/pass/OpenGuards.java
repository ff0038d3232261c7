package org.jtvmc.codegen.pass;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jtvmc.ir.arith.Interval;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;

/**
 * The guards of uneven splits of sizes that are known only at run time, as a loop sees them that
 * stands around the inner parts:
 *
 * <pre>
 *   for i { for j in 0..8 { if likely i * 8 + j &lt; n { body } } }
 *
 *   for i { if i * 8 + 7 &lt; n { for j in 0..8 { body } } else { ... as above ... } }
 * </pre>
 */
final class OpenGuards {
  private final Simplifier simplifier;
  private final Set<PrimVar> bound;

  /**
   * @param bound the variables of the loop whose body is looked at
   */
  OpenGuards(Simplifier simplifier, Set<PrimVar> bound) {
    this.simplifier = simplifier;
    this.bound = bound;
  }

  /**
   * A condition outside of the inner loops under which a guard in {@code body} holds.
   *
   * @param enter is told of every loop inside
   * @param settled conditions that are known not to hold
   */
  Optional<PrimExpr> find(Stmt body, Consumer<Stmt.For> enter, Set<PrimExpr> settled) {
    return find(body, enter, settled, new HashSet<>());
  }

  private Optional<PrimExpr> find(
      Stmt stmt, Consumer<Stmt.For> enter, Set<PrimExpr> settled, Set<PrimVar> inner) {
    if (stmt instanceof Stmt.If branch && branch.likely()) {
      for (PrimExpr condition : Guard.conjuncts(branch.condition())) {
        Optional<PrimExpr> sufficient = sufficient(condition, inner);
        if (sufficient.isPresent() && !settled.contains(sufficient.get())) {
          return sufficient;
        }
      }
    }
    if (stmt instanceof Stmt.For nested) {
      enter.accept(nested);
      inner.add(nested.var());
    }
    for (Stmt child : Stmts.children(stmt)) {
      Optional<PrimExpr> found = find(child, enter, settled, inner);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** The body without the guards that {@code sufficient} makes superfluous. */
  Stmt without(Stmt body, PrimExpr sufficient) {
    return without(body, sufficient, new HashSet<>());
  }

  private Stmt without(Stmt stmt, PrimExpr sufficient, Set<PrimVar> inner) {
    if (stmt instanceof Stmt.For nested) {
      inner.add(nested.var());
    }
    Stmt rewritten =
        Stmts.mapChildren(stmt, child -> without(child, sufficient, inner), expr -> expr);
    if (!(rewritten instanceof Stmt.If branch) || !branch.likely()) {
      return rewritten;
    }
    PrimExpr rest = IntImm.TRUE;
    for (PrimExpr condition : Guard.conjuncts(branch.condition())) {
      if (!sufficient(condition, inner).equals(Optional.of(sufficient))) {
        rest = rest.and(condition);
      }
    }
    return IntImm.is(rest, 1)
        ? branch.then()
        : new Stmt.If(rest, branch.then(), branch.otherwise(), true);
  }

  /** The guard for the values of the loops inside that are hardest on it. */
  private Optional<PrimExpr> sufficient(PrimExpr condition, Set<PrimVar> inner) {
    LinearForm form = Guard.negativeForm(condition, simplifier).orElse(null);
    if (form == null) {
      return Optional.empty();
    }
    boolean usesBound = false;
    boolean isOpen = false;
    LinearForm hardest = LinearForm.constant(form.constant());
    LinearForm inside = LinearForm.ZERO;
    for (int i = 0; i < form.size(); i++) {
      PrimExpr atom = form.atom(i);
      LinearForm term = LinearForm.atom(atom).times(form.coefficient(i));
      if (usesAny(atom, inner)) {
        inside = inside.plus(term);
      } else {
        usesBound |= usesAny(atom, bound);
        isOpen |= PrimExprs.variables(atom).keySet().stream().anyMatch(v -> v.symbol().isPresent());
        hardest = hardest.plus(term);
      }
    }
    Interval values = simplifier.bounds(inside);
    if (!usesBound || !isOpen || inside.isConstant() || !values.isFinite()) {
      return Optional.empty();
    }
    PrimExpr result = simplifier.compare(Compare.Op.LESS, hardest.plus(values.max()));
    return result instanceof IntImm ? Optional.empty() : Optional.of(result);
  }

  private static boolean usesAny(PrimExpr atom, Set<PrimVar> variables) {
    return PrimExprs.variables(atom).keySet().stream().anyMatch(variables::contains);
  }
}
