package org.jtvmc.compiler.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.compiler.plan.Value.Result;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.If;
import org.jtvmc.ir.graph.Let;
import org.jtvmc.ir.graph.SizeSymbols;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;

/**
 * What one run of a fused model does: kernels in an order in which each finds its inputs ready.
 *
 * @param inputs the types of the model's input tensors
 * @param uses in the order of execution
 * @param results the model's results, in order; what each is stored in is a kernel's result, and no
 *     other's
 * @param visible how many of the results users see; those behind stay in the workspace
 */
public record ExecutionPlan(
    List<TensorType> inputs, List<KernelUse> uses, List<Value> results, int visible) {

  public ExecutionPlan {
    inputs = List.copyOf(inputs);
    uses = List.copyOf(uses);
    results = List.copyOf(results);
  }

  /**
   * The plan of a function whose body calls primitive functions.
   *
   * @param isView which calls give the bytes of their first argument under another shape, and so
   *     need no kernel
   * @throws IllegalArgumentException where an operator is left outside of a primitive function
   */
  public static ExecutionPlan of(Function main, Predicate<Call> isView) {
    return of(main, Integer.MAX_VALUE, isView);
  }

  /** The plan of a module's main; the results that users do not see stay in the workspace. */
  public static ExecutionPlan of(IRModule module, Predicate<Call> isView) {
    return of(module.main(), module.visibleOutputs(), isView);
  }

  /** Whether a run decides over sizes of the type. */
  public boolean isDecided(TensorType type) {
    if (type.isStatic()) {
      return false;
    }
    Set<Dim.Symbol> symbols = SizeSymbols.of(type);
    return uses.stream()
        .flatMap(use -> StageOrder.decided(use).stream())
        .anyMatch(symbols::contains);
  }

  /** The sizes that a use of the plan gives their numbers; empty for most. */
  public static List<Dim.Symbol> decided(KernelUse use) {
    return StageOrder.decided(use);
  }

  /** The plan of a function that a step of the run calls. */
  public static ExecutionPlan ofRegion(Function region, Predicate<Call> isView) {
    return of(region, Math.toIntExact(region.attributes().integer(Function.REGION)), isView);
  }

  private static ExecutionPlan of(Function main, int visible, Predicate<Call> isView) {
    Map<Expr, List<Value>> values = new HashMap<>();
    List<TensorType> inputs = new ArrayList<>();
    for (Var parameter : main.parameters()) {
      List<Value> fields = new ArrayList<>();
      for (TensorType type : FunctionLowering.tensorTypes(parameter.type())) {
        fields.add(new Value.Input(inputs.size(), type));
        inputs.add(type);
      }
      values.put(parameter, fields);
    }
    List<KernelUse> uses = new ArrayList<>();
    for (Expr expr : Exprs.postOrder(main.body())) {
      if (!values.containsKey(expr)) {
        values.put(expr, evaluate(expr, values, uses, isView));
      }
    }
    List<Value> results = owned(values.get(main.body()), uses);
    return new ExecutionPlan(
        inputs, StageOrder.of(uses), results, Math.min(visible, results.size()));
  }

  /**
   * The results such that each has memory that a kernel writes and that no other result has: an
   * input, a weight or a second mention of one value is copied.
   */
  private static List<Value> owned(List<Value> results, List<KernelUse> uses) {
    Set<Value> taken = new HashSet<>();
    List<Value> owned = new ArrayList<>();
    for (Value result : results) {
      if (result.storage() instanceof Result && taken.add(result.storage())) {
        owned.add(result);
      } else {
        Var variable = new Var("x", result.type());
        Result copy = new Result(result.type());
        Function identity = new Function(List.of(variable), variable);
        uses.add(new KernelUse(identity, "copy", List.of(result), List.of(copy)));
        owned.add(copy);
      }
    }
    return owned;
  }

  private static List<Value> evaluate(
      Expr expr, Map<Expr, List<Value>> values, List<KernelUse> uses, Predicate<Call> isView) {
    return switch (expr) {
      case Constant(NDArray data) -> List.of(new Value.Weight(data));
      case Tuple tuple -> collect(tuple.fields(), values);
      case TupleGetItem(Expr tuple, int index, var type) -> {
        int first = 0;
        for (var field : ((TupleType) tuple.type()).fields().subList(0, index)) {
          first += FunctionLowering.tensorTypes(field).size();
        }
        int count = FunctionLowering.tensorTypes(type).size();
        yield values.get(tuple).subList(first, first + count);
      }
      case Call call when isView.test(call) -> {
        Value source = values.get(call.arguments().getFirst()).getFirst();
        yield List.of(new Value.View(source, (TensorType) call.type()));
      }
      case Call call when call.callee() instanceof Function function -> {
        List<Result> outputs =
            FunctionLowering.tensorTypes(call.type()).stream().map(Result::new).toList();
        uses.add(new KernelUse(function, call.label(), collect(call.arguments(), values), outputs));
        yield List.copyOf(outputs);
      }
      case Call call ->
          throw new IllegalArgumentException("call of " + call.callee() + " is no kernel's");
      case Var variable ->
          throw new IllegalArgumentException("variable " + variable + " is bound nowhere");
      case If _, Let _ ->
          throw new IllegalArgumentException("control flow at run time is not supported");
    };
  }

  private static List<Value> collect(List<Expr> exprs, Map<Expr, List<Value>> values) {
    List<Value> all = new ArrayList<>();
    exprs.forEach(expr -> all.addAll(values.get(expr)));
    return all;
  }
}
