package org.jtvmc.ir.interpret;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.Tensor;

/** The variables of one tensor expression, and the contents of the tensors that it reads. */
final class StageElements implements ElementAccess {
  private final Map<PrimVar, Integer> positions = new HashMap<>();
  private final List<Axis> axes = new ArrayList<>();
  private final Map<Tensor, NDArray> contents;

  /** The axes come first, then the reduce axes. */
  StageElements(ComputeOp op, Map<Tensor, NDArray> contents) {
    this.contents = contents;
    axes.addAll(op.axes());
    axes.addAll(op.reduceAxes());
    for (Axis axis : axes) {
      positions.put(axis.var(), positions.size());
    }
  }

  int variableCount() {
    return positions.size();
  }

  int position(PrimVar variable) {
    Integer position = positions.get(variable);
    if (position == null) {
      throw new IllegalArgumentException("variable '" + variable + "' is no axis of the stage");
    }
    return position;
  }

  /** The axis at that position among the variables. */
  Axis axis(int position) {
    return axes.get(position);
  }

  @Override
  public RealCode real(PrimExpr access, ScalarCompiler compiler) {
    Read read = read(access);
    return ElementReader.of(read, this, compiler).real(contents.get(read.tensor()));
  }

  @Override
  public IntegerCode integer(PrimExpr access, ScalarCompiler compiler) {
    Read read = read(access);
    return ElementReader.of(read, this, compiler).integer(contents.get(read.tensor()));
  }

  private static Read read(PrimExpr access) {
    if (access instanceof Read read) {
      return read;
    }
    throw new IllegalArgumentException("not expected in a tensor expression: " + access);
  }
}
