package org.jtvmc.ir.arith;

import java.util.Arrays;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;

/**
 * An {@code int64} expression as {@code constant + sum(coefficient * atom)}: the atoms are distinct
 * expressions that are not sums or multiples themselves, and no coefficient is zero. Immutable.
 */
public final class LinearForm {
  private static final PrimExpr[] NO_ATOMS = {};
  private static final long[] NO_COEFFICIENTS = {};

  /** Of a single atom; no form changes its arrays, so that forms share them. */
  private static final long[] ONCE = {1};

  /** The number 0. */
  public static final LinearForm ZERO = constant(0);

  private final long constant;
  private final PrimExpr[] atoms;
  private final long[] coefficients;

  private LinearForm(long constant, PrimExpr[] atoms, long[] coefficients) {
    this.constant = constant;
    this.atoms = atoms;
    this.coefficients = coefficients;
  }

  public static LinearForm constant(long value) {
    return new LinearForm(value, NO_ATOMS, NO_COEFFICIENTS);
  }

  /** The form of one atom. */
  public static LinearForm atom(PrimExpr atom) {
    return new LinearForm(0, new PrimExpr[] {atom}, ONCE);
  }

  /** The term that is no multiple of an atom. */
  public long constant() {
    return constant;
  }

  public boolean isConstant() {
    return atoms.length == 0;
  }

  /** The number of atoms. */
  public int size() {
    return atoms.length;
  }

  public PrimExpr atom(int index) {
    return atoms[index];
  }

  public long coefficient(int index) {
    return coefficients[index];
  }

  /** The position of {@code atom}, or -1. */
  public int indexOf(PrimExpr atom) {
    for (int i = 0; i < atoms.length; i++) {
      if (atoms[i] == atom || atoms[i].equals(atom)) {
        return i;
      }
    }
    return -1;
  }

  /** The atom where this form is exactly one, else null. */
  public PrimExpr asAtom() {
    return constant == 0 && atoms.length == 1 && coefficients[0] == 1 ? atoms[0] : null;
  }

  public LinearForm plus(long value) {
    return value == 0 ? this : new LinearForm(constant + value, atoms, coefficients);
  }

  public LinearForm plus(LinearForm other) {
    return plus(other, 1);
  }

  public LinearForm minus(LinearForm other) {
    return plus(other, -1);
  }

  /** {@code this + other * factor}. */
  public LinearForm plus(LinearForm other, long factor) {
    if (factor == 0) {
      return this;
    }
    if (other.isConstant()) {
      return plus(other.constant * factor);
    }
    if (atoms.length == 0 && factor == 1) {
      return other.plus(constant);
    }
    PrimExpr[] allAtoms = Arrays.copyOf(atoms, atoms.length + other.atoms.length);
    long[] all = Arrays.copyOf(coefficients, allAtoms.length);
    int count = atoms.length;
    boolean cancelled = false;
    for (int i = 0; i < other.atoms.length; i++) {
      long added = other.coefficients[i] * factor;
      int same = indexOf(other.atoms[i]);
      if (same >= 0) {
        all[same] += added;
        cancelled |= all[same] == 0;
      } else {
        allAtoms[count] = other.atoms[i];
        all[count++] = added;
      }
    }
    if (cancelled) {
      int kept = 0;
      for (int i = 0; i < count; i++) {
        if (all[i] != 0) {
          allAtoms[kept] = allAtoms[i];
          all[kept++] = all[i];
        }
      }
      count = kept;
    }
    boolean full = count == all.length;
    return new LinearForm(
        constant + other.constant * factor,
        full ? allAtoms : Arrays.copyOf(allAtoms, count),
        full ? all : Arrays.copyOf(all, count));
  }

  public LinearForm times(long factor) {
    if (factor == 1) {
      return this;
    }
    if (factor == 0) {
      return ZERO;
    }
    long[] scaled = new long[coefficients.length];
    for (int i = 0; i < scaled.length; i++) {
      scaled[i] = coefficients[i] * factor;
    }
    return new LinearForm(constant * factor, atoms, scaled);
  }

  /** This form with one more term; its atom must be new. */
  LinearForm withTerm(PrimExpr atom, long coefficient) {
    PrimExpr[] more = Arrays.copyOf(atoms, atoms.length + 1);
    long[] scales = Arrays.copyOf(coefficients, atoms.length + 1);
    more[atoms.length] = atom;
    scales[atoms.length] = coefficient;
    return new LinearForm(constant, more, scales);
  }

  /** The terms that have positive coefficients, without the constant. */
  LinearForm positiveTerms() {
    PrimExpr[] kept = new PrimExpr[atoms.length];
    long[] scales = new long[atoms.length];
    int count = 0;
    for (int i = 0; i < atoms.length; i++) {
      if (coefficients[i] > 0) {
        kept[count] = atoms[i];
        scales[count++] = coefficients[i];
      }
    }
    return new LinearForm(0, Arrays.copyOf(kept, count), Arrays.copyOf(scales, count));
  }

  /** True where both have the same terms, whatever the constants. */
  public boolean sameTerms(LinearForm other) {
    if (atoms.length != other.atoms.length) {
      return false;
    }
    for (int i = 0; i < atoms.length; i++) {
      int same = other.indexOf(atoms[i]);
      if (same < 0 || other.coefficients[same] != coefficients[i]) {
        return false;
      }
    }
    return true;
  }

  /** The expression: positive terms, then negative ones, then the constant. */
  public PrimExpr toExpr() {
    if (atoms.length == 0) {
      return IntImm.of(constant);
    }
    PrimExpr sum = null;
    for (int i = 0; i < atoms.length; i++) {
      if (coefficients[i] > 0) {
        PrimExpr term = atoms[i].times(coefficients[i]);
        sum = sum == null ? term : sum.plus(term);
      }
    }
    long rest = constant;
    if (sum == null) {
      sum = IntImm.of(rest);
      rest = 0;
    }
    for (int i = 0; i < atoms.length; i++) {
      if (coefficients[i] < 0) {
        sum = sum.minus(atoms[i].times(-coefficients[i]));
      }
    }
    return rest < 0 ? sum.minus(-rest) : sum.plus(rest);
  }

  @Override
  public String toString() {
    return toExpr().toString();
  }
}
