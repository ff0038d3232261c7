package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.HostOperator;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.op.host.TextBlob;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * Makes calls of the graph IR's operators. A call whose arguments are all known is computed at once
 * if its result is small: shapes, which exporters compute by chains of nodes, become numbers as
 * they pass, so that the nodes which need them as numbers find them. Large results are left to
 * constant folding. So are shapes computed whose sizes are known only at run time.
 */
public final class Emitter {

  /** Shapes, masks and ranges are smaller than this, weights larger. */
  private static final long FOLDED_ELEMENTS = 1 << 14;

  private final OperatorRegistry operators;

  public Emitter(OperatorRegistry operators) {
    this.operators = operators;
  }

  /**
   * A call of an operator, even where all is known.
   *
   * @throws org.jtvmc.ir.type.TypeException where the arguments or attributes do not fit
   */
  public Call callUnfolded(
      String operator, List<Expr> arguments, Attributes attributes, String label) {
    return Call.of(operators.get(operator), arguments, attributes, label);
  }

  /** Sizes as a value of one dimension. */
  Expr shape(List<Dim> dims, String label) {
    return SizeFolding.shape(operators, dims, label);
  }

  /** What is known, as a value; texts as a call that makes them, wherever the model is loaded. */
  public Expr constant(NDArray contents) {
    if (!contents.dtype().isString()) {
      return new Constant(contents);
    }
    var blob = new Constant(TextBlob.of(contents.texts()));
    var count = Attributes.builder().put("count", contents.elements()).build();
    var vector = callUnfolded("host.text_literal", List.of(blob), count, "");
    var shape = Attributes.builder().put("newshape", contents.type().sizes());
    return callUnfolded("reshape", List.of(vector), shape.put("allow_zero", true).build(), "");
  }

  /**
   * A call of an operator, or its value.
   *
   * @throws org.jtvmc.ir.type.TypeException where the arguments or attributes do not fit
   */
  Expr call(String operator, List<Expr> arguments, Attributes attributes, String label) {
    var call = callUnfolded(operator, arguments, attributes, label);
    boolean isStep = operators.get(operator) instanceof HostOperator host && host.controls();
    if (isStep
        || !(call.type() instanceof TensorType type)
        || !type.isStatic()
        || type.dtype().isString()
        || type.elements() > FOLDED_ELEMENTS) {
      return call;
    }
    var sizes = SizeFolding.fold(operators, call);
    if (sizes.isPresent()) {
      return sizes.get();
    }
    var known = new ArrayList<NDArray>(arguments.size());
    for (var argument : arguments) {
      for (var tensor : argument instanceof Tuple(var fields, _) ? fields : List.of(argument)) {
        if (!(tensor instanceof Constant(NDArray value)) || value.elements() > FOLDED_ELEMENTS) {
          return call;
        }
        known.add(value);
      }
    }
    return new Constant(
        TensorEvaluator.apply(operators.get(operator), known, attributes, type).getFirst());
  }
}
