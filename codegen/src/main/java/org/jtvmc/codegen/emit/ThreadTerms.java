package org.jtvmc.codegen.emit;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.codegen.emit.Affine.Atom;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;

/**
 * The part of places that the number of the thread decides.
 *
 * @param thread the variable that is {@code threadIdx.x}
 * @param width its extent
 * @param row the variable that is {@code threadIdx.y}; empty where there is one row of threads
 * @param count of the threads of a block, which have no other index
 */
record ThreadTerms(PrimVar thread, long width, Optional<PrimVar> row, long count) {

  /** True where each part of the place depends on the thread alone, or not on it. */
  boolean separates(Affine place) {
    return place.lane() == 0
        && place.terms().keySet().stream().allMatch(atom -> owns(atom) || !uses(atom));
  }

  /** True where the thread alone decides the part. */
  boolean owns(Atom atom) {
    return switch (atom) {
      case Atom.Variable(PrimVar variable) -> isIndex(variable);
      case Atom.Quotient(Affine numerator, _) -> owns(numerator);
      case Atom.Modulus(Affine numerator, _) -> owns(numerator);
      case Atom.Exclusive _, Atom.Opaque _ -> false;
    };
  }

  private boolean isIndex(PrimVar variable) {
    return variable == thread || row.filter(variable::equals).isPresent();
  }

  private boolean owns(Affine value) {
    return !value.terms().isEmpty() && value.terms().keySet().stream().allMatch(this::owns);
  }

  private boolean uses(Atom atom) {
    return switch (atom) {
      case Atom.Variable(PrimVar variable) -> isIndex(variable);
      case Atom.Quotient(Affine numerator, _) -> uses(numerator);
      case Atom.Modulus(Affine numerator, _) -> uses(numerator);
      case Atom.Exclusive(Affine left, Affine right) -> uses(left) || uses(right);
      case Atom.Opaque(PrimExpr expr, _) ->
          PrimExprs.uses(expr, thread) || row.filter(y -> PrimExprs.uses(expr, y)).isPresent();
    };
  }

  private boolean uses(Affine value) {
    return value.terms().keySet().stream().anyMatch(this::uses);
  }

  /** The part of a separable place that the number of the thread decides. */
  long part(Affine place, long number) {
    long sum = 0;
    for (Map.Entry<Atom, Long> term : place.terms().entrySet()) {
      if (owns(term.getKey())) {
        sum += term.getValue() * value(term.getKey(), number);
      }
    }
    return sum;
  }

  /** The rest of a separable place. */
  Affine rest(Affine place) {
    Map<Atom, Long> others = new LinkedHashMap<>(place.terms());
    others.keySet().removeIf(this::owns);
    return new Affine(place.constant(), place.lane(), others);
  }

  private long value(Atom atom, long number) {
    return switch (atom) {
      case Atom.Variable(PrimVar variable) -> variable == thread ? number % width : number / width;
      case Atom.Quotient(Affine numerator, long divisor) ->
          Math.floorDiv(numerator.constant() + part(numerator, number), divisor);
      case Atom.Modulus(Affine numerator, long divisor) ->
          Math.floorMod(numerator.constant() + part(numerator, number), divisor);
      case Atom.Exclusive _, Atom.Opaque _ ->
          throw new IllegalStateException("not of the thread alone: " + atom);
    };
  }
}
