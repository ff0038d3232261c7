package org.jtvmc.ir.interpret;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.GlobalVar;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.If;
import org.jtvmc.ir.graph.Let;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;

/**
 * Computes a function of the graph IR, operator by operator, by {@link TensorEvaluator}. Shapes
 * must be static. A value that is a tuple is the list of its tensors.
 */
public final class GraphEvaluator {
  private final Map<String, Function> functions;

  /** Evaluates expressions that may call the functions of {@code module}. */
  public GraphEvaluator(IRModule module) {
    this.functions = module.functions();
  }

  /**
   * The results of a function, one array for each tensor of its result.
   *
   * @param arguments one array for each tensor of each parameter
   */
  public List<NDArray> evaluate(Function function, List<NDArray> arguments) {
    Map<Expr, List<NDArray>> values = new HashMap<>();
    int next = 0;
    for (Var parameter : function.parameters()) {
      int count = count(parameter.type());
      values.put(parameter, arguments.subList(next, next + count));
      next += count;
    }
    if (next != arguments.size()) {
      throw new IllegalArgumentException(
          "a function of %d tensors is given %d".formatted(next, arguments.size()));
    }
    return evaluate(function.body(), values);
  }

  /**
   * The results of a model that users see, each with the sizes that it has.
   *
   * @param arguments one array for each tensor of each input
   */
  public static List<NDArray> outputs(IRModule module, List<NDArray> arguments) {
    List<NDArray> results = new GraphEvaluator(module).evaluate(module.main(), arguments);
    List<NDArray> outputs = new ArrayList<>();
    for (int i = 0; i < module.visibleOutputs(); i++) {
      OptionalInt sizes = module.sizesOf(i);
      outputs.add(
          sizes.isPresent()
              ? results.get(i).front(results.get(sizes.getAsInt()).longs())
              : results.get(i));
    }
    return outputs;
  }

  private List<NDArray> evaluate(Expr root, Map<Expr, List<NDArray>> values) {
    List<Expr> order = Exprs.postOrder(root);
    Map<Var, Expr> bound = new HashMap<>();
    for (Expr expr : order) {
      if (expr instanceof Let let) {
        bound.put(let.var(), let.value());
      }
    }
    for (Expr expr : order) {
      if (!values.containsKey(expr)) {
        values.put(expr, value(expr, values, bound));
      }
    }
    return values.get(root);
  }

  private List<NDArray> value(Expr expr, Map<Expr, List<NDArray>> values, Map<Var, Expr> bound) {
    return switch (expr) {
      case Var variable -> {
        List<NDArray> value = values.get(bound.get(variable));
        if (value == null) {
          throw new IllegalArgumentException("variable " + variable + " has no value");
        }
        yield value;
      }
      case Constant constant -> List.of(constant.value());
      case Tuple tuple -> all(tuple.fields(), values);
      case TupleGetItem item -> {
        List<Type> fields = ((TupleType) item.tuple().type()).fields();
        int begin = fields.subList(0, item.index()).stream().mapToInt(GraphEvaluator::count).sum();
        yield values.get(item.tuple()).subList(begin, begin + count(item.type()));
      }
      case If(Expr condition, Expr whenTrue, Expr whenFalse) ->
          values.get(values.get(condition).getFirst().getLong(0) != 0 ? whenTrue : whenFalse);
      case Let let -> values.get(let.body());
      case Call call -> call(call, all(call.arguments(), values));
    };
  }

  private List<NDArray> call(Call call, List<NDArray> arguments) {
    return switch (call.callee()) {
      case Operator operator ->
          TensorEvaluator.apply(operator, arguments, call.attributes(), call.type());
      case Function function -> evaluate(function, arguments);
      case GlobalVar global -> evaluate(functions.get(global.name()), arguments);
    };
  }

  private static List<NDArray> all(List<Expr> exprs, Map<Expr, List<NDArray>> values) {
    List<NDArray> all = new ArrayList<>();
    exprs.forEach(expr -> all.addAll(values.get(expr)));
    return all;
  }

  private static int count(Type type) {
    return switch (type) {
      case TensorType _ -> 1;
      case TupleType(List<Type> fields) -> fields.stream().mapToInt(GraphEvaluator::count).sum();
    };
  }
}
