package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Sizes;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.interpret.SizeEvaluator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.op.tensor.SizeValues;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** Computes with shapes as they pass where some of their sizes are known only at run time. */
final class SizeFolding {

  /** Shapes are short. */
  private static final long MOST_ELEMENTS = 64;

  private static final String OPERATOR = "size_values";

  private SizeFolding() {}

  /** The sizes of a tensor, from one dimension to before another, as a value. */
  static Expr shape(OperatorRegistry operators, List<Dim> dims, String label) {
    return values(
        operators,
        dims.stream().map(AttributeValue::of).toList(),
        TensorType.of(DType.I64, dims.size()),
        label);
  }

  /**
   * @param elements sizes and integers; a negative one is a mark, such as the -1 of a reshape
   */
  private static Expr values(
      OperatorRegistry operators, List<AttributeValue> elements, TensorType type, String label) {
    Attributes attributes =
        Attributes.builder()
            .put("values", new AttributeValue.Items(elements))
            .put("shape", type.sizes())
            .put("dtype", type.dtype())
            .build();
    if (attributes.hasOpenSizes()) {
      return Call.of(operators.get(OPERATOR), List.of(), attributes, label);
    }
    NDArray array = NDArray.allocate(type);
    List<Long> numbers = attributes.integers("values");
    for (int i = 0; i < numbers.size(); i++) {
      array.setLong(i, numbers.get(i));
    }
    return new Constant(array);
  }

  /** What a value is where it is made of sizes that are open; empty where it is not. */
  static Optional<List<AttributeValue>> sizes(Expr value) {
    return value instanceof Call call && call.isCallOf(OPERATOR)
        ? Optional.of(call.attributes().items("values"))
        : Optional.empty();
  }

  /**
   * The value of a call where one of its arguments is made of open sizes; empty where it is not.
   */
  static Optional<Expr> fold(OperatorRegistry operators, Call call) {
    if (!(call.type() instanceof TensorType type)
        || !type.isStatic()
        || type.elements() > MOST_ELEMENTS
        || type.dtype().isFloat()) {
      return Optional.empty();
    }
    List<List<PrimExpr>> inputs = new ArrayList<>();
    List<TensorType> types = new ArrayList<>();
    boolean open = false;
    for (Expr argument : call.arguments()) {
      for (Expr tensor : argument instanceof Tuple(var fields, _) ? fields : List.of(argument)) {
        Optional<List<PrimExpr>> elements = elements(tensor);
        if (elements.isEmpty()) {
          return Optional.empty();
        }
        open |= tensor instanceof Call;
        inputs.add(elements.get());
        types.add((TensorType) tensor.type());
      }
    }
    if (!open) {
      return Optional.empty();
    }
    return SizeEvaluator.apply((Operator) call.callee(), inputs, types, call.attributes(), type)
        .flatMap(elements -> value(operators, elements, type, call.label()));
  }

  private static Optional<Expr> value(
      OperatorRegistry operators, List<PrimExpr> elements, TensorType type, String label) {
    if (elements.stream().allMatch(IntImm.class::isInstance)) {
      NDArray array = NDArray.allocate(type);
      for (int i = 0; i < elements.size(); i++) {
        array.setLong(i, ((IntImm) elements.get(i)).value());
      }
      return Optional.of(new Constant(array));
    }
    List<AttributeValue> values = new ArrayList<>();
    for (PrimExpr element : elements) {
      Optional<AttributeValue> value =
          element instanceof IntImm(_, long number)
              ? Optional.of(new AttributeValue.Int(number))
              : Sizes.find(element).map(AttributeValue::of);
      if (value.isEmpty() || type.dtype().isBool()) {
        return Optional.empty();
      }
      values.add(value.get());
    }
    return Optional.of(values(operators, values, type, label));
  }

  private static Optional<List<PrimExpr>> elements(Expr value) {
    if (value instanceof Call call && call.isCallOf(OPERATOR)) {
      return Optional.of(SizeValues.elements(call.attributes()));
    }
    if (value instanceof Constant(NDArray array)
        && !array.dtype().isFloat()
        && array.elements() <= MOST_ELEMENTS) {
      return Optional.of(
          LongStream.range(0, array.elements())
              .<PrimExpr>mapToObj(i -> new IntImm(array.dtype(), array.getLong(i)))
              .toList());
    }
    return Optional.empty();
  }
}
