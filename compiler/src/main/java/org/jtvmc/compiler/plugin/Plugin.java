package org.jtvmc.compiler.plugin;

import java.util.List;
import org.jtvmc.compiler.onnx.convert.Conversion;
import org.jtvmc.ir.graph.Operator;

/**
 * Operators of a user's own, and how ONNX files name them. An operator is a type rule and a tensor
 * expression; it is fused, scheduled and tuned as the compiler's own are, and may be used in text
 * form by its name.
 *
 * <p>A plugin is a public class with a public constructor that takes nothing. {@code --plugin}
 * takes its name where it is on the class path, or the jar or folder of classes that it is in; a
 * jar or folder lists its plugins in {@code META-INF/services/org.jtvmc.compiler.plugin.Plugin}.
 */
public interface Plugin {

  /** Operators by names that the compiler does not have. */
  default List<Operator> operators() {
    return List.of();
  }

  /** Which nodes of ONNX files mean what; those of the compiler itself come after these. */
  default List<Conversion> conversions() {
    return List.of();
  }
}
