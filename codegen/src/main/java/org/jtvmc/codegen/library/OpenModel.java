package org.jtvmc.codegen.library;

import java.util.List;
import org.jtvmc.ir.type.Dim;

/**
 * What a model does whose sizes are known only at run time.
 *
 * @param sizes where the caller's tensors give the symbols
 * @param checks what must hold of sizes, or the model does not run
 * @param blocks what lies in the workspace
 * @param fixed code for some shapes, tried before that for all
 */
public record OpenModel(
    List<Given> sizes, List<Check> checks, List<Block> blocks, List<Fixed> fixed) {

  public OpenModel {
    sizes = List.copyOf(sizes);
    checks = List.copyOf(checks);
    blocks = List.copyOf(blocks);
    fixed = List.copyOf(fixed);
  }

  /**
   * A symbol.
   *
   * @param tensor the index of the input that gives it; below 0 for one that the run decides
   * @param axis the input's dimension, or which of the sizes of its stage it is
   */
  public record Given(Dim.Symbol symbol, int tensor, int axis) {

    /**
     * A symbol that the run decides.
     *
     * @param stage from which on it is known, 1 or more
     * @param index which of the sizes that begin the stage
     */
    public static Given decided(Dim.Symbol symbol, int stage, int index) {
      return new Given(symbol, -stage, index);
    }

    /** The stage of the run from which on it is known; 0 where an input gives it. */
    public int stage() {
      return Math.max(0, -tensor);
    }
  }

  /** How many stages a run has. */
  public int stages() {
    return 1 + sizes.stream().mapToInt(Given::stage).max().orElse(0);
  }

  /**
   * A condition.
   *
   * @param isLeast whether {@code left} is at least {@code right}; else both are equal
   * @param what it says, for a message that goes on with both numbers
   */
  public record Check(Dim left, Dim right, boolean isLeast, String what) {

    /** Two sizes that the model takes for equal. */
    public static Check equal(Dim left, Dim right) {
      return new Check(left, right, false, "%s must be %s".formatted(left, right));
    }

    /** A size that the model takes for one. */
    public static Check natural(Dim size) {
      return new Check(size, Dim.of(0), true, "%s must be at least 0".formatted(size));
    }
  }

  /**
   * Something in the workspace.
   *
   * @param bytes its size
   * @param first the call that makes it
   * @param last the last that reads it
   */
  public record Block(Dim bytes, int first, int last) {}

  /**
   * Code for one set of shapes.
   *
   * @param shapes of the inputs, then the outputs
   * @param workspaceBytes what one context needs
   * @param calls what one run does
   */
  public record Fixed(List<List<Long>> shapes, long workspaceBytes, List<KernelCall> calls) {
    public Fixed {
      shapes = List.copyOf(shapes);
      calls = List.copyOf(calls);
    }
  }
}
