package org.jtvmc.ir.graph;

/**
 * The SHA-256 of a graph's canonical text and the contents of its constants, as 64 hexadecimal
 * digits: equal for structurally equal graphs, and the same on every machine.
 */
public final class StructuralHash {

  private StructuralHash() {}

  public static String of(IRModule module) {
    return CanonicalForm.of(module).digest();
  }

  public static String of(Function function) {
    return CanonicalForm.of(function).digest();
  }

  public static String of(Expr expr) {
    return CanonicalForm.of(expr).digest();
  }
}
