package org.jtvmc.ir.op.tensor;

import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TypeException;

/** How scattered updates meet the data: the last one replaces it, or all are combined with it. */
final class ScatterReduction {

  private ScatterReduction() {}

  /**
   * The combination; empty where updates replace.
   *
   * @throws TypeException where the attribute is none of ONNX's values
   */
  static Optional<Reducer> of(Attributes attributes) {
    return switch (attributes.text("reduction")) {
      case "none" -> Optional.empty();
      case "add" -> Optional.of(Reducer.SUM);
      case "mul" -> Optional.of(Reducer.PRODUCT);
      case "min" -> Optional.of(Reducer.MIN);
      case "max" -> Optional.of(Reducer.MAX);
      default ->
          throw new TypeException(
              "reduction is '%s', but must be 'none', 'add', 'mul', 'min' or 'max'"
                  .formatted(attributes.text("reduction")));
    };
  }

  /** Which updates belong to one element of the result. */
  interface Match {
    /** Whether the {@code j}-th update goes to the element at {@code axes}. */
    PrimExpr hits(List<Axis> axes, PrimExpr j);

    /** The {@code j}-th update for the element at {@code axes}. */
    PrimExpr update(List<Axis> axes, PrimExpr j);
  }

  /** The data with {@code count} updates for each element tried. */
  static Tensor scatter(
      String name, Tensor data, PrimExpr count, Optional<Reducer> reducer, Match match) {
    if (reducer.isPresent()) {
      List<Axis> axes = Axes.of(data.shape());
      Axis j = Axis.of("j", count);
      PrimExpr update =
          Select.of(
              match.hits(axes, j.var()),
              match.update(axes, j.var()),
              reducer.get().identity(data.dtype()));
      Tensor updates = Tensor.reduce(name + "_updates", reducer.get(), axes, List.of(j), update);
      List<Axis> outer = Axes.of(data.shape());
      List<PrimExpr> at = Axes.vars(outer);
      return Tensor.map(name, outer, reducer.get().combine(data.at(at), updates.at(at)));
    }
    List<Axis> axes = Axes.of(data.shape());
    Axis j = Axis.of("j", count);
    Tensor last =
        Tensor.reduce(
            name + "_last",
            Reducer.MAX,
            axes,
            List.of(j),
            Select.of(match.hits(axes, j.var()), j.var(), IntImm.of(-1)));
    List<Axis> outer = Axes.of(data.shape());
    PrimExpr found = last.at(Axes.vars(outer));
    return Tensor.map(
        name,
        outer,
        Select.of(found.atLeast(0), match.update(outer, found), data.at(Axes.vars(outer))));
  }
}
