package org.jtvmc.tests.operators;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Resize in every mode. */
final class ResizeCases {
  private static final String[] COORDINATES = {
    "half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"
  };

  private ResizeCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of(
            "Resize nearest",
            d ->
                resize(d, "nearest")
                    .text("coordinate_transformation_mode", d.choose(COORDINATES))
                    .text(
                        "nearest_mode",
                        d.choose("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"))),
        OperatorCase.of(
            "Resize linear",
            d -> resize(d, "linear").text("coordinate_transformation_mode", d.choose(COORDINATES))),
        OperatorCase.of(
            "Resize cubic",
            d ->
                resize(d, "cubic")
                    .text("coordinate_transformation_mode", d.choose(COORDINATES))
                    .real("cubic_coeff_a", d.choose(-0.75f, -0.5f))
                    .flag("exclude_outside", d.coin())),
        OperatorCase.of("Resize whole factors", ResizeCases::wholeFactors),
        OperatorCase.of("Resize crop", ResizeCases::crop));
  }

  private static OneNodeModel resize(Draw d, String mode) {
    long[] shape = {1, d.between(1, 2), d.between(2, 6), d.between(2, 6)};
    OneNodeModel model =
        new OneNodeModel("Resize").opset(19).input(d.floats(shape)).text("mode", mode).absent();
    if (d.coin()) {
      NDArray scales = NDArray.allocate(TensorType.of(DType.F32, 4));
      scales.setDouble(0, 1);
      scales.setDouble(1, 1);
      scales.setDouble(2, d.choose(0.5, 1.5, 2.0, 2.6, 3.0));
      scales.setDouble(3, d.choose(0.6, 1.0, 2.0, 2.25));
      return model.weight(scales);
    }
    return model.absent().weight(shape[0], shape[1], d.between(1, 11), d.between(1, 11));
  }

  private static OneNodeModel wholeFactors(Draw d) {
    NDArray scales = NDArray.allocate(TensorType.of(DType.F32, 4));
    for (int i = 0; i < 4; i++) {
      scales.setDouble(i, i < 2 ? 1 : d.choose(1, 2, 4, 8));
    }
    return new OneNodeModel("Resize")
        .opset(d.choose(11, 13))
        .input(d.floats(1, 2, d.between(1, 5), d.between(1, 5)))
        .weight(NDArray.allocate(TensorType.of(DType.F32, 0)))
        .weight(scales)
        .text("mode", "nearest")
        .text("coordinate_transformation_mode", "asymmetric")
        .text("nearest_mode", "floor");
  }

  private static OneNodeModel crop(Draw d) {
    NDArray roi = NDArray.allocate(TensorType.of(DType.F32, 8));
    for (int i = 0; i < 8; i++) {
      roi.setDouble(i, i < 2 ? 0 : i < 4 ? d.real(-0.1, 0.4) : i < 6 ? 1 : d.real(0.6, 1.1));
    }
    return new OneNodeModel("Resize")
        .opset(13)
        .input(d.floats(1, 2, d.between(2, 6), d.between(2, 6)))
        .weight(roi)
        .absent()
        // ONNX Runtime ignores the region along a dimension that keeps its size.
        .weight(1, 2, d.choose(1, 7, 9), d.choose(1, 8, 11))
        .text("mode", d.choose("linear", "nearest"))
        .text("coordinate_transformation_mode", "tf_crop_and_resize")
        .real("extrapolation_value", 7);
  }
}
