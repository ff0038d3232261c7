package org.jtvmc.ir.op.host;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Shapes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * The boxes of each class that do not overlap better ones too much, the best first; of equal scores
 * the box that comes first.
 *
 * <p>Arguments: boxes {@code float32 (batches, boxes, 4)}, scores {@code float32 (batches, classes,
 * boxes)}, the most boxes that a class keeps, the overlap (intersection over union) above which a
 * box is dropped, and the score that a box has to exceed. Results: {@code int64 (n, 3)}, a batch, a
 * class and a box in each row; and the sizes of what is there, {@code (count, 3)}.
 *
 * @see <a href="https://onnx.ai/onnx/operators/onnx__NonMaxSuppression.html">NonMaxSuppression</a>
 */
public final class NonMaxSuppression extends FillingKernel {

  public NonMaxSuppression() {
    super(
        "nms",
        List.of("boxes", "scores", "most", "overlap", "score"),
        List.of(
            optional("centers", false, "boxes are x, y, width, height and not two corners y, x"),
            optional("most", -1, "the most boxes that a class keeps, where that is known")));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType boxes = arguments.getFirst();
    TensorType scores = arguments.get(1);
    attributes.bool("centers");
    if (boxes.rank() != 3
        || scores.rank() != 3
        || Shapes.conflict(boxes.dim(2), Dim.of(4))
        || Shapes.conflict(boxes.dim(0), scores.dim(0))
        || Shapes.conflict(boxes.dim(1), scores.dim(2))
        || !boxes.dtype().equals(DType.F32)
        || !scores.dtype().equals(DType.F32)) {
      throw new TypeException("cannot choose among boxes %s by %s".formatted(boxes, scores));
    }
    Dim most = boxes.dim(1);
    if (attributes.integer("most") >= 0) {
      most = Dim.derive(Dim.Operation.MIN, most, Dim.of(attributes.integer("most")));
    }
    Dim rows = scores.dim(0).times(scores.dim(1)).times(most);
    return new TupleType(
        List.of(new TensorType(List.of(rows, Dim.of(3)), DType.I64), TensorType.of(DType.I64, 2)));
  }

  @Override
  public Dim scratchBytes(List<TensorType> inputs, Attributes attributes) {
    Dim boxes = Dim.derive(Dim.Operation.MAX, inputs.getFirst().dim(1), Dim.of(1));
    return boxes.times(2L * Long.BYTES);
  }

  @Override
  List<Dim> sizes(List<TensorType> inputs, Attributes attributes, Type result) {
    List<Dim> sizes = new ArrayList<>(inputs.get(1).shape());
    sizes.add(types(result).getFirst().dim(0));
    sizes.add(flag(attributes.bool("centers")));
    return sizes;
  }

  @Override
  void compute(List<NDArray> inputs, Attributes attributes, List<NDArray> results) {
    NDArray scores = inputs.get(1);
    List<Long> sizes = scores.type().sizes();
    long boxes = sizes.get(2);
    boolean centers = attributes.bool("centers");
    long most = inputs.get(2).getLong(0);
    float overlap = (float) inputs.get(3).getDouble(0);
    double threshold = inputs.get(4).getDouble(0);
    long rows = 0;
    for (long row = 0; row < sizes.get(0) * sizes.get(1); row++) {
      long first = row * boxes;
      List<Long> order =
          LongStream.range(0, boxes)
              .filter(box -> scores.getDouble(first + box) > threshold)
              .boxed()
              .sorted(Comparator.comparing((Long box) -> scores.getDouble(first + box)).reversed())
              .toList();
      List<Box> kept = new ArrayList<>();
      for (long index : order) {
        if (kept.size() >= most || rows >= results.getFirst().type().dim(0).value()) {
          break;
        }
        Box box = Box.of(inputs.getFirst(), row / sizes.get(1) * boxes + index, centers);
        if (kept.stream().noneMatch(other -> other.overlap(box) > overlap)) {
          kept.add(box);
          results.getFirst().setLong(rows * 3, row / sizes.get(1));
          results.getFirst().setLong(rows * 3 + 1, row % sizes.get(1));
          results.getFirst().setLong(rows * 3 + 2, index);
          rows++;
        }
      }
    }
    results.getLast().setLong(0, rows);
    results.getLast().setLong(1, 3);
  }

  private record Box(float top, float left, float bottom, float right) {

    static Box of(NDArray boxes, long index, boolean centers) {
      float a = (float) boxes.getDouble(index * 4);
      float b = (float) boxes.getDouble(index * 4 + 1);
      float c = (float) boxes.getDouble(index * 4 + 2);
      float d = (float) boxes.getDouble(index * 4 + 3);
      return centers
          ? new Box(b - d / 2, a - c / 2, b + d / 2, a + c / 2)
          : new Box(Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d));
    }

    float area() {
      return (bottom - top) * (right - left);
    }

    /** Intersection over union; 0 where a box is empty. */
    float overlap(Box other) {
      float height = Math.min(bottom, other.bottom) - Math.max(top, other.top);
      float width = Math.min(right, other.right) - Math.max(left, other.left);
      if (!(height > 0) || !(width > 0)) {
        return 0;
      }
      float common = height * width;
      float union = area() + other.area() - common;
      return area() > 0 && other.area() > 0 && union > 0 ? common / union : 0;
    }
  }
}
