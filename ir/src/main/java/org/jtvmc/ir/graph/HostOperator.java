package org.jtvmc.ir.graph;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/**
 * An operator that is no tensor expression: how much it gives, or in which order, depends on what
 * the elements are. A function of the native runtime computes it, in the library and between
 * kernels; it is never fused.
 *
 * <p>Results have the types of the type rule, which are the largest that there can be; how much of
 * them is there is a result of its own. What lies behind is zero, so that whoever reads it finds
 * valid positions.
 */
public interface HostOperator extends Operator {

  /**
   * The function: {@code int32_t symbol(void** buffers, jtvmc_pool* pool)}, with the data of the
   * inputs, the results, the scratch memory where there is some, the memory for texts where it
   * makes some, the table where there is one, and the parameters, {@code int64_t}s.
   */
  String symbol();

  /** An ELF object file that defines the function; empty where it is one of the native runtime. */
  default byte[] object() {
    return new byte[0];
  }

  /** What the function is told beside the data: sizes, attributes. */
  List<Long> parameters(List<TensorType> inputs, Attributes attributes, Type result);

  /**
   * The same where sizes of the inputs are known only at run time.
   *
   * @return empty where the function needs numbers
   */
  default Optional<List<Dim>> openParameters(
      List<TensorType> inputs, Attributes attributes, Type result) {
    return Optional.empty();
  }

  /** Numbers that the function reads beside, and that no size changes; empty for most. */
  default List<Long> table(Attributes attributes) {
    return List.of();
  }

  /** Memory that the function needs while it runs, in bytes; open where sizes of the inputs are. */
  default Dim scratchBytes(List<TensorType> inputs, Attributes attributes) {
    return Dim.of(0);
  }

  /**
   * Whether the function makes texts; it is then given, before the parameters, the memory of the
   * context for them.
   */
  default boolean makesTexts() {
    return false;
  }

  /**
   * Whether the function decides how the run goes on. It is then given the parameters first, the
   * context, and the data behind these; and it is run even where all is known.
   */
  default boolean controls() {
    return false;
  }

  /**
   * The functions of the module that it runs. Their numbers come first among the parameters, in
   * place of those that {@link #parameters} has there.
   */
  default List<String> regions(Attributes attributes) {
    return List.of();
  }

  /**
   * The same in Java, one array for each result: the reference for the function.
   *
   * @param inputs of the types that {@link #infer} accepted
   * @param result what {@link #infer} gave
   */
  List<NDArray> evaluate(List<NDArray> inputs, Attributes attributes, Type result);
}
