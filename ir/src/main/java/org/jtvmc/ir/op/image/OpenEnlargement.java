package org.jtvmc.ir.op.image;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TypeException;

/**
 * Resizing images whose sizes are known only at run time: each pixel is repeated a whole number of
 * times in each direction.
 */
final class OpenEnlargement {

  private OpenEnlargement() {}

  static TensorType result(TensorType data, Attributes attributes) {
    List<Dim> sizes = new ArrayList<>();
    for (int axis = 0; axis < data.rank(); axis++) {
      sizes.add(data.dim(axis).times(factor(attributes, axis)));
    }
    return data.withShape(sizes);
  }

  private static long factor(Attributes attributes, int axis) {
    double scale = attributes.reals("scales").get(axis);
    String nearest = attributes.text("nearest_mode");
    boolean whole = scale >= 1 && scale == Math.rint(scale);
    boolean repeats =
        switch (attributes.text("coordinate_transformation_mode")) {
          case "asymmetric" -> nearest.equals("floor");
          case "half_pixel", "half_pixel_symmetric" -> nearest.startsWith("round");
          default -> false;
        };
    if (!whole || (scale != 1 && (!repeats || !attributes.text("mode").equals("nearest")))) {
      throw new TypeException(
          "open sizes can only be enlarged by repeating pixels a whole number of times; give"
              + " numbers with --input-shapes");
    }
    return (long) scale;
  }

  static Tensor expression(Tensor data, TensorType result, Attributes attributes) {
    List<Axis> axes = Axes.of(result);
    List<PrimExpr> indices = new ArrayList<>();
    for (int axis = 0; axis < axes.size(); axis++) {
      indices.add(axes.get(axis).var().floorDiv(factor(attributes, axis)));
    }
    return Tensor.map("resize", axes, data.at(indices));
  }
}
