package org.jtvmc.ir.graph;

/**
 * Whether two graphs compute the same thing in the same way: the same calls with the same
 * attributes, types and sharing, up to the names of bound variables. Constants compare by content;
 * labels are no part of it. Linear in the size of the graphs, and without recursion.
 */
public final class StructuralEquality {

  private StructuralEquality() {}

  /** Function names and output names count. */
  public static boolean equal(IRModule left, IRModule right) {
    return left == right || CanonicalForm.of(left).matches(CanonicalForm.of(right));
  }

  public static boolean equal(Function left, Function right) {
    return left == right || CanonicalForm.of(left).matches(CanonicalForm.of(right));
  }

  /** Free variables compare by name and type. */
  public static boolean equal(Expr left, Expr right) {
    return left == right || CanonicalForm.of(left).matches(CanonicalForm.of(right));
  }
}
