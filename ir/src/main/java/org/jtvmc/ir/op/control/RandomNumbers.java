package org.jtvmc.ir.op.control;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * Numbers drawn evenly between 0 and 1, neither of which is among them: {@code
 * control.random(sizes)} gives as many as the {@code int64} vector of sizes says. Each time that a
 * context comes to the step it draws others. With a seed every context draws the same ones, one
 * time after the other.
 */
public final class RandomNumbers extends ControlStep {

  public static final String NAME = "control.random";

  public RandomNumbers() {
    super(
        "random",
        List.of("sizes"),
        List.of(
            required("shape", "the result's"),
            required("dtype", "the result's: float32 or float64"),
            required("number", "one of its own for each call of a model: no two draw the same"),
            optional("seeded", false, "whether the seed counts"),
            optional("seed", 0, "where the sequence begins")));
  }

  /** Whether results of a module may be others each time. */
  public static boolean isDrawnIn(IRModule module) {
    return module.functions().values().stream()
        .flatMap(function -> Exprs.postOrder(function.body()).stream())
        .anyMatch(expr -> expr instanceof Call call && call.isCallOf(NAME));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType result = new TensorType(attributes.sizes("shape"), attributes.dtype("dtype"));
    TensorType sizes = arguments.getFirst();
    if (!sizes.equals(TensorType.of(DType.I64, result.rank()))) {
      throw new TypeException("takes %d sizes, not %s".formatted(result.rank(), sizes));
    }
    if (!result.dtype().equals(DType.F32) && !result.dtype().equals(DType.F64)) {
      throw new TypeException("draws no " + result.dtype());
    }
    return result;
  }

  @Override
  List<Long> numbers(List<TensorType> inputs, Attributes attributes, Type result) {
    return List.of(
        inputs.getFirst().elements(),
        ((TensorType) result).dtype().equals(DType.F64) ? 1L : 0L,
        attributes.integer("number"),
        attributes.bool("seeded") ? 1L : 0L,
        attributes.integer("seed"));
  }
}
