package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;

/** Scan over a dimension whose size only the run knows, or that is long: a loop. */
final class ScansAtRunTime {

  private ScansAtRunTime() {}

  /**
   * Scan since version 9.
   *
   * @param carried the values that the first step is handed
   * @param sources what is scanned
   * @param length the size of the dimension along which it is
   */
  static List<Expr> scan(OnnxNode node, List<Expr> carried, List<Expr> sources, Dim length) {
    Composer c = new Composer(node);
    List<Long> axes = ControlFlow.list(node, "scan_input_axes", sources.size());
    List<Long> directions = ControlFlow.list(node, "scan_input_directions", sources.size());
    Expr most = c.reshape(node.shape(List.of(length)));
    List<Expr> all =
        LoopsAtRunTime.loop(
            node,
            most,
            node.value(DType.BOOL, 1),
            carried,
            (step, values) -> {
              List<Expr> arguments = new ArrayList<>(values);
              for (int i = 0; i < sources.size(); i++) {
                Expr source = node.seen(sources.get(i));
                Expr last = c.add(c.reshape(node.shape(List.of(length))), -1);
                Expr at = directions.get(i) == 0 ? step : c.subtract(last, step);
                arguments.add(c.take(source, at, node.axis(axes.get(i), c.rank(source))));
              }
              List<Expr> results = new ArrayList<>();
              results.add(node.value(DType.BOOL, 1));
              results.addAll(node.inline("body", arguments));
              return results;
            });
    List<Expr> outputs = new ArrayList<>(all.subList(0, carried.size()));
    int collected = all.size() - carried.size();
    List<Long> outputAxes = ControlFlow.list(node, "scan_output_axes", collected);
    List<Long> outputDirections = ControlFlow.list(node, "scan_output_directions", collected);
    for (int i = 0; i < collected; i++) {
      Expr output = all.get(carried.size() + i);
      if (outputDirections.get(i) != 0) {
        output = c.reverse(output, 0);
      }
      outputs.add(c.moveAxis(output, 0, node.axis(outputAxes.get(i), c.rank(output))));
    }
    return outputs;
  }
}
