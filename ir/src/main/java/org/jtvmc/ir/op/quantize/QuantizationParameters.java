package org.jtvmc.ir.op.quantize;

import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;

/** Scale and zero point: one for the tensor (a scalar or a single element) or one per channel. */
final class QuantizationParameters {

  private QuantizationParameters() {}

  /**
   * @throws org.jtvmc.ir.type.TypeException where the parameter fits neither way
   */
  static void require(TensorType parameter, String what, TensorType data, Attributes attributes) {
    boolean single = parameter.shape().stream().allMatch(Shapes::isOne);
    if (!single) {
      int axis = Shapes.axis(attributes.integer("axis"), data.rank());
      Shapes.requireShape(parameter, what, List.of(data.dim(axis)));
    }
  }

  static PrimExpr read(Tensor parameter, List<Axis> axes, Attributes attributes) {
    if (parameter.rank() == 0) {
      return parameter.at();
    }
    if (IntImm.is(parameter.dim(0), 1)) {
      return parameter.at(IntImm.of(0));
    }
    int axis = Shapes.axis(attributes.integer("axis"), axes.size());
    return parameter.at(axes.get(axis).var());
  }
}
