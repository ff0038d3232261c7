package org.jtvmc.examples.plugin;

import java.util.List;
import org.jtvmc.compiler.onnx.convert.Conversion;
import org.jtvmc.compiler.plugin.Plugin;
import org.jtvmc.ir.graph.Operator;

/**
 * Gives the compiler the operator {@code PairwiseDistance} of the domain {@code com.example}:
 *
 * <pre>{@code
 * jtvmc tune --plugin examples/target/jtvmc-examples-0.1.0-SNAPSHOT.jar --target llvm kmeans.onnx
 * }</pre>
 */
public final class DistancePlugin implements Plugin {

  @Override
  public List<Operator> operators() {
    return List.of(new PairwiseDistance());
  }

  @Override
  public List<Conversion> conversions() {
    return List.of(
        new Conversion(
            "com.example",
            "PairwiseDistance",
            1,
            node -> List.of(node.call("example.pairwise_distance", node.input(0), node.input(1)))));
  }
}
