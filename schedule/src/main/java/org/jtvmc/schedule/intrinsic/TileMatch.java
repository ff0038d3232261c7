package org.jtvmc.schedule.intrinsic;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.Tensor;

/**
 * Loops that compute what an intrinsic does.
 *
 * @param loops those that the intrinsic does
 * @param result the element that one iteration adds to
 * @param operands for each placeholder the element that one iteration reads
 * @param value what one iteration adds, in terms of {@code operands}
 * @param strides of the result and the operands, per dimension of the intrinsic's tensors, in
 *     elements of memory
 */
public record TileMatch(
    TensorIntrinsic intrinsic,
    Loops loops,
    Load result,
    Map<Tensor, Load> operands,
    PrimExpr value,
    Map<Tensor, List<Long>> strides) {

  /**
   * Loops that an intrinsic does.
   *
   * @param spatial the loops' variables, one for each axis of the intrinsic's result
   * @param reduced those of its reduce axes
   * @param extents how often each of these loops runs
   * @param condition under which there is something to do in an iteration, in terms of {@code
   *     spatial}; true where the tile does not end early
   */
  public record Loops(
      List<PrimVar> spatial,
      List<PrimVar> reduced,
      Map<PrimVar, Long> extents,
      PrimExpr condition) {
    public Loops {
      spatial = List.copyOf(spatial);
      reduced = List.copyOf(reduced);
      extents = Map.copyOf(extents);
    }
  }

  List<PrimVar> spatial() {
    return loops.spatial;
  }

  List<PrimVar> reduced() {
    return loops.reduced;
  }

  /** Why loops are not what an intrinsic computes: the end of a sentence. */
  public static final class Mismatch extends Exception {
    private static final long serialVersionUID = 1L;

    Mismatch(String reason) {
      super(reason);
    }
  }

  /**
   * Compares loops with an intrinsic.
   *
   * @throws Mismatch where they compute something else, or operands lie otherwise in memory
   */
  public static TileMatch of(
      TensorIntrinsic intrinsic, Loops tile, Load result, PrimExpr value, Simplifier simplifier)
      throws Mismatch {
    ComputeOp computes = intrinsic.computes();
    Optional<Map<Tensor, PrimExpr>> found = Unification.of(computes.body(), value);
    if (found.isEmpty() || !result.dtype().equals(computes.dtype())) {
      throw new Mismatch("it computes %s, not %s".formatted(value, computes));
    }
    Map<PrimVar, PrimVar> loops = new IdentityHashMap<>();
    pair(computes.axes(), tile.spatial, loops);
    pair(computes.reduceAxes(), tile.reduced, loops);
    Map<Tensor, Load> operands = new IdentityHashMap<>();
    Map<Tensor, List<Long>> strides = new IdentityHashMap<>();
    for (Map.Entry<Tensor, PrimExpr> entry : found.get().entrySet()) {
      if (!(entry.getValue() instanceof Load load)) {
        throw new Mismatch("%s is no element of a buffer".formatted(entry.getValue()));
      }
      operands.put(entry.getKey(), load);
    }
    PrimExprs.forEach(
        computes.body(),
        node -> {
          if (node instanceof Read read) {
            strides.put(
                read.tensor(), new ArrayList<>(readStrides(read, operands, loops, simplifier)));
          }
        });
    List<PrimVar> own = computes.axes().stream().map(axis -> loops.get(axis.var())).toList();
    strides.put(intrinsic.definition(), strides(result, own, simplifier));
    TileMatch match = new TileMatch(intrinsic, tile, result, operands, value, strides);
    match.checkStrides();
    match.checkIndependence(simplifier);
    return match;
  }

  private static void pair(List<Axis> axes, List<PrimVar> vars, Map<PrimVar, PrimVar> loops) {
    for (int i = 0; i < axes.size(); i++) {
      loops.put(axes.get(i).var(), vars.get(i));
    }
  }

  private static List<Long> readStrides(
      Read read, Map<Tensor, Load> operands, Map<PrimVar, PrimVar> loops, Simplifier simplifier) {
    List<PrimVar> vars = read.indices().stream().map(index -> loops.get((PrimVar) index)).toList();
    return strides(operands.get(read.tensor()), vars, simplifier);
  }

  /**
   * How far apart the elements of neighbouring values of each variable lie; null where it varies.
   */
  private static List<Long> strides(Load load, List<PrimVar> vars, Simplifier simplifier) {
    LinearForm offset = offset(load, simplifier);
    List<Long> strides = new ArrayList<>();
    for (PrimVar variable : vars) {
      strides.add(coefficient(offset, variable));
    }
    return strides;
  }

  private static Long coefficient(LinearForm offset, PrimVar variable) {
    long coefficient = 0;
    for (int i = 0; i < offset.size(); i++) {
      if (offset.atom(i) == variable) {
        coefficient = offset.coefficient(i);
      } else if (PrimExprs.uses(offset.atom(i), variable)) {
        return null;
      }
    }
    return coefficient;
  }

  private static LinearForm offset(Load load, Simplifier simplifier) {
    LinearForm offset = LinearForm.ZERO;
    for (int dim = 0; dim < load.indices().size(); dim++) {
      long stride = ((IntImm) load.buffer().strides().get(dim)).value();
      offset = offset.plus(simplifier.linear(load.indices().get(dim)), stride);
    }
    return offset;
  }

  private void checkStrides() throws Mismatch {
    for (Map.Entry<Tensor, List<Long>> wanted : intrinsic.strides().entrySet()) {
      List<Long> given = strides.get(wanted.getKey());
      for (int dim = 0; dim < wanted.getValue().size(); dim++) {
        long stride = wanted.getValue().get(dim);
        boolean fits =
            given.get(dim) != null
                && (stride == TensorIntrinsic.ANY || stride == given.get(dim).longValue());
        if (!fits) {
          throw new Mismatch(
              "neighbours along dimension %d of '%s' lie %s elements apart, not %d"
                  .formatted(dim, wanted.getKey(), given.get(dim), stride));
        }
      }
    }
  }

  /** An operand that moves with a loop that the intrinsic does not have for it is another one. */
  private void checkIndependence(Simplifier simplifier) throws Mismatch {
    ComputeOp computes = intrinsic.computes();
    List<Axis> axes = new ArrayList<>(computes.axes());
    axes.addAll(computes.reduceAxes());
    List<PrimVar> all = new ArrayList<>(spatial());
    all.addAll(reduced());
    for (Map.Entry<Tensor, Load> operand : operands.entrySet()) {
      LinearForm offset = offset(operand.getValue(), simplifier);
      for (int i = 0; i < axes.size(); i++) {
        boolean moves = !Long.valueOf(0).equals(coefficient(offset, all.get(i)));
        if (moves && !isReadAt(computes, operand.getKey(), axes.get(i).var())) {
          throw new Mismatch("operand '%s' moves with %s".formatted(operand.getKey(), all.get(i)));
        }
      }
    }
  }

  private static boolean isReadAt(ComputeOp computes, Tensor tensor, PrimVar axis) {
    boolean[] found = {false};
    PrimExprs.forEach(
        computes.body(),
        node ->
            found[0] |=
                node instanceof Read read
                    && read.tensor() == tensor
                    && read.indices().contains(axis));
    return found[0];
  }

  /** The stride of an operand (or of the definition, for the result) along its dimension. */
  public long stride(Tensor tensor, int dimension) {
    return strides.get(tensor).get(dimension);
  }
}
