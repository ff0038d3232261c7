package org.jtvmc.compiler.lower;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.If;
import org.jtvmc.ir.graph.Let;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.te.CollapseAxes;
import org.jtvmc.ir.te.PlaceholderOp;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.schedule.ComputeDag;

/**
 * Writes a fused function as the tensor expressions of its operators.
 *
 * <p>The parameters become placeholders named by position ({@code p0}, {@code p1}, ...), so that
 * functions which differ in names only have the same workload hash and the same stages. Dimensions
 * that need not be apart are one: a kernel's tensors have the memory of the function's, not always
 * their shapes.
 */
public final class FunctionLowering {
  private final Map<Expr, List<Tensor>> values = new HashMap<>();

  /** Which strategy the calls that have several are computed by; the first where there is none. */
  private final String strategy;

  /** The strategies of the first call that has several. */
  private List<Operator.Strategy> strategies = List.of();

  /** Whether axes that count a dimension's elements through become one. */
  private final boolean counted;

  private final KernelSizes kernelSizes;

  private FunctionLowering(String strategy, boolean counted, KernelSizes kernelSizes) {
    this.strategy = strategy;
    this.counted = counted;
    this.kernelSizes = kernelSizes;
  }

  /**
   * The kernel that {@code function} is.
   *
   * @param function primitive: calls of operators
   * @param isConstant which parameters, by position, are known when the model is compiled
   * @throws IllegalArgumentException where the function holds what no kernel can
   */
  public static ComputeDag lower(Function function, IntPredicate isConstant) {
    return lower(function, isConstant, new KernelSizes());
  }

  /**
   * As the other.
   *
   * @param sizes learns which sizes the kernel's own stand for
   */
  public static ComputeDag lower(Function function, IntPredicate isConstant, KernelSizes sizes) {
    FunctionLowering first = new FunctionLowering("", false, sizes);
    ComputeDag dag = first.dag(function, isConstant);
    if (first.strategies.size() < 2) {
      return dag;
    }
    Map<String, ComputeDag> others = new LinkedHashMap<>();
    Set<String> onGpus = new HashSet<>();
    for (Operator.Strategy other : first.strategies.subList(1, first.strategies.size())) {
      FunctionLowering lowering = new FunctionLowering(other.name(), other.onGpus(), sizes);
      others.put(other.name(), lowering.dag(function, isConstant));
      if (other.onGpus()) {
        onGpus.add(other.name());
      }
    }
    return dag.withStrategies(first.strategies.getFirst().name(), others, onGpus);
  }

  private ComputeDag dag(Function function, IntPredicate isConstant) {
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < function.parameters().size(); i++) {
      Var parameter = function.parameters().get(i);
      List<Tensor> fields = new ArrayList<>();
      for (TensorType type : tensorTypes(parameter.type())) {
        String name = "p" + (inputs.size() + fields.size());
        List<PrimExpr> shape = Axes.extents(kernelSizes.apply(type));
        fields.add(Tensor.placeholder(name, type.dtype(), isConstant.test(i), shape));
      }
      inputs.addAll(fields);
      values.put(parameter, fields);
    }
    for (Expr expr : Exprs.postOrder(function.body())) {
      if (!values.containsKey(expr)) {
        values.put(expr, tensors(expr));
      }
    }
    CollapseAxes.Result collapsed =
        CollapseAxes.apply(inputs, outputs(values.get(function.body())), counted);
    return ComputeDag.of(collapsed.inputs(), collapsed.outputs());
  }

  /** The tensors that a value of this type consists of, in order. */
  public static List<TensorType> tensorTypes(Type type) {
    return switch (type) {
      case TensorType tensor -> List.of(tensor);
      case TupleType tuple ->
          tuple.fields().stream().flatMap(field -> tensorTypes(field).stream()).toList();
    };
  }

  private List<Tensor> tensors(Expr expr) {
    return switch (expr) {
      case Constant(NDArray value) -> List.of(constant(value));
      case Call call -> compute(call);
      case Tuple tuple -> values(tuple.fields());
      case TupleGetItem(Expr tuple, int index, Type type) -> {
        int first = 0;
        for (Type field : ((TupleType) tuple.type()).fields().subList(0, index)) {
          first += tensorTypes(field).size();
        }
        yield values.get(tuple).subList(first, first + tensorTypes(type).size());
      }
      case Var variable ->
          throw new IllegalArgumentException("variable " + variable + " is bound nowhere");
      case If _, Let _ ->
          throw new IllegalArgumentException("control flow cannot be part of a kernel");
    };
  }

  private List<Tensor> compute(Call call) {
    if (!(call.callee() instanceof Operator operator)) {
      throw new IllegalArgumentException("a kernel can call operators only, not a function");
    }
    List<Tensor> inputs = values(call.arguments());
    Attributes attributes = kernelSizes.apply(call.attributes());
    Type type = kernelSizes.apply(call.type());
    List<Operator.Strategy> all = operator.strategies(inputs, attributes, type);
    if (all.size() > 1 && strategies.isEmpty()) {
      strategies = all;
    }
    return all.stream()
        .filter(candidate -> candidate.name().equals(strategy))
        .findFirst()
        .orElse(all.getFirst())
        .algorithm()
        .compute(inputs, attributes, type);
  }

  private List<Tensor> values(List<Expr> exprs) {
    List<Tensor> all = new ArrayList<>();
    exprs.forEach(expr -> all.addAll(values.get(expr)));
    return all;
  }

  /** A constant of one element, as an expression; larger ones are arguments. */
  private static Tensor constant(NDArray value) {
    if (value.elements() != 1) {
      throw new IllegalArgumentException(
          "a constant of type " + value.type() + " must be an argument of the kernel");
    }
    DType dtype = value.dtype();
    PrimExpr literal =
        dtype.isFloat()
            ? new FloatImm(dtype, value.getDouble(0))
            : new IntImm(dtype, value.getLong(0));
    return Tensor.compute("constant", sizes(value.type()), _ -> literal);
  }

  /** Results that are inputs, or occur twice, as copies: every result is computed, and once. */
  private static List<Tensor> outputs(List<Tensor> results) {
    Set<Tensor> seen = new HashSet<>();
    return results.stream()
        .map(
            result ->
                result.op() instanceof PlaceholderOp || !seen.add(result)
                    ? Tensor.compute("copy", result.shape(), result::at)
                    : result)
        .toList();
  }

  private static List<PrimExpr> sizes(TensorType type) {
    return type.sizes().stream().<PrimExpr>map(IntImm::of).toList();
  }
}
