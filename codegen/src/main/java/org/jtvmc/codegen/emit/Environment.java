package org.jtvmc.codegen.emit;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.expr.PrimVar;

/**
 * What each variable stands for at the place that is being looked at. Scoped: a binding ends with
 * its loop.
 */
final class Environment {

  /** The meaning of a variable. */
  sealed interface Binding {
    /**
     * A value known when the kernel runs.
     *
     * @param value the LLVM value, an {@code int64}, or on GPUs an {@code int32} where the range
     *     allows that; null while only the shape of accesses is studied
     * @param depth the number of loops around the one that binds it
     */
    record Scalar(LLVMValueRef value, Range range, int depth) implements Binding {}

    /** An expression in other variables, or in the lane. */
    record Alias(Affine meaning) implements Binding {}
  }

  private final Map<PrimVar, Binding> bindings = new HashMap<>();
  private int lanes = 1;
  private int depth;

  Binding get(PrimVar variable) {
    return bindings.get(variable);
  }

  /** Binds; the result undoes it. */
  Scope bind(PrimVar variable, Binding binding) {
    Binding before = bindings.put(variable, binding);
    depth++;
    return () -> {
      depth--;
      if (before == null) {
        bindings.remove(variable);
      } else {
        bindings.put(variable, before);
      }
    };
  }

  Scope bindScalar(PrimVar variable, LLVMValueRef value, Range range) {
    return bind(variable, new Binding.Scalar(value, range, depth));
  }

  Scope bindConstant(PrimVar variable, long value) {
    return bind(variable, new Binding.Alias(Affine.of(value)));
  }

  /** Binds the variable of a vectorised loop to {@code first + lane}. */
  Scope bindLanes(PrimVar variable, Affine first, int count) {
    int outer = lanes;
    lanes = count;
    Affine meaning = count == 1 ? first : first.plus(Affine.LANE);
    Scope scope = bind(variable, new Binding.Alias(meaning));
    return () -> {
      scope.close();
      lanes = outer;
    };
  }

  /** The lanes of the vectorised loop being emitted; 1 outside. */
  int lanes() {
    return lanes;
  }

  Map<PrimVar, Binding> bindings() {
    return bindings;
  }

  /** The life of a binding. */
  interface Scope extends AutoCloseable {
    @Override
    void close();
  }
}
