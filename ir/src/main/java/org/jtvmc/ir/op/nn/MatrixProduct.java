package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.op.TensorOperator;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * {@code numpy.matmul}: the product of the last two dimensions, the leading ones broadcast; an
 * argument of one dimension is a row on the left and a column on the right, and that dimension is
 * not in the result. {@code transpose_a} and {@code transpose_b} swap the last two dimensions of an
 * argument of at least two.
 */
public final class MatrixProduct extends TensorOperator {

  public MatrixProduct() {
    super(
        "nn.matmul",
        FusionKind.OUT_ELEMENTWISE_FUSABLE,
        List.of("a", "b"),
        List.of(
            optional("transpose_a", false, "whether a is [..., k, m]"),
            optional("transpose_b", false, "whether b is [..., n, k]"),
            optional(Accumulation.OUT_DTYPE, "", "the result's element type; the arguments'")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType a = arguments.get(0);
    TensorType b = arguments.get(1);
    Shapes.requireRank(a, "left argument", 1);
    Shapes.requireRank(b, "right argument", 1);
    DType dtype = Accumulation.resultType(attributes, arguments);
    boolean transposeA = a.rank() > 1 && attributes.bool("transpose_a");
    boolean transposeB = b.rank() > 1 && attributes.bool("transpose_b");
    Dim left = a.dim(a.rank() - (transposeA ? 2 : 1));
    Dim right = b.dim(b.rank() - (transposeB || b.rank() == 1 ? 1 : 2));
    if (Shapes.conflict(left, right)) {
      throw new TypeException(
          "the dimensions that are summed over differ: %s and %s".formatted(left, right));
    }
    List<Dim> shape = new ArrayList<>(Shapes.broadcast(leading(a), leading(b)));
    if (a.rank() > 1) {
      shape.add(a.dim(a.rank() - (transposeA ? 1 : 2)));
    }
    if (b.rank() > 1) {
      shape.add(b.dim(b.rank() - (transposeB ? 2 : 1)));
    }
    return new TensorType(shape, dtype);
  }

  private static List<Dim> leading(TensorType type) {
    return type.shape().subList(0, Math.max(0, type.rank() - 2));
  }

  @Override
  protected List<Tensor> expression(List<Tensor> inputs, Attributes attributes, Type result) {
    Tensor a = inputs.get(0);
    Tensor b = inputs.get(1);
    DType dtype = ((TensorType) result).dtype();
    boolean transposeA = a.rank() > 1 && attributes.bool("transpose_a");
    boolean transposeB = b.rank() > 1 && attributes.bool("transpose_b");
    List<PrimExpr> extents = Axes.extents(result);
    int batches = extents.size() - (a.rank() > 1 ? 1 : 0) - (b.rank() > 1 ? 1 : 0);
    List<Axis> axes = Axes.named(names(batches, a.rank() > 1, b.rank() > 1), extents);
    Axis k = Axis.of("k", a.dim(a.rank() - (transposeA ? 2 : 1)));

    List<Axis> batchAxes = axes.subList(0, batches);
    List<PrimExpr> aIndices = batchIndices(a, batchAxes);
    if (a.rank() == 1) {
      aIndices.add(k.var());
    } else {
      addMatrix(aIndices, axes.get(batches).var(), k.var(), transposeA);
    }
    List<PrimExpr> bIndices = batchIndices(b, batchAxes);
    if (b.rank() == 1) {
      bIndices.add(k.var());
    } else {
      addMatrix(bIndices, k.var(), axes.getLast().var(), transposeB);
    }
    Tensor sum =
        Tensor.reduce(
            "matmul",
            Reducer.SUM,
            axes,
            List.of(k),
            Accumulation.product(a.at(aIndices), b.at(bIndices), Accumulation.of(dtype)));
    return List.of(Accumulation.castTo(dtype, sum));
  }

  private static List<String> names(int batches, boolean rows, boolean columns) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < batches; i++) {
      names.add("b" + i);
    }
    if (rows) {
      names.add("m");
    }
    if (columns) {
      names.add("n");
    }
    return names;
  }

  private static void addMatrix(
      List<PrimExpr> indices, PrimExpr row, PrimExpr column, boolean transposed) {
    indices.add(transposed ? column : row);
    indices.add(transposed ? row : column);
  }

  private static List<PrimExpr> batchIndices(Tensor tensor, List<Axis> batchAxes) {
    List<PrimExpr> indices = new ArrayList<>();
    int own = Math.max(0, tensor.rank() - 2);
    for (int i = 0; i < own; i++) {
      Axis axis = batchAxes.get(batchAxes.size() - own + i);
      boolean stretched = IntImm.is(tensor.dim(i), 1) && !IntImm.is(axis.extent(), 1);
      indices.add(stretched ? IntImm.of(0) : axis.var());
    }
    return indices;
  }
}
