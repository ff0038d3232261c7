package org.jtvmc.compiler.passes;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
import org.jtvmc.ir.pass.Invariant;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * Infers every type anew and compares it with the one that the node carries; checks that variables
 * are bound and that calls match what they call. Changes nothing. Tests run it after every pass.
 */
public final class CheckTypes implements Pass<IRModule> {

  @Override
  public Set<Invariant> establishes() {
    return Set.of(GraphInvariants.TYPED);
  }

  /**
   * {@inheritDoc}
   *
   * @throws TypeException where something does not fit
   */
  @Override
  public IRModule apply(IRModule module) {
    Set<Function> checked = new HashSet<>();
    module.functions().forEach((name, function) -> check(module, "@" + name, function, checked));
    int results = module.outputNames().size();
    Type result = module.main().resultType();
    int given = result instanceof TupleType(var fields) ? fields.size() : 1;
    if (results != given) {
      throw new TypeException(
          "the module names %d outputs and @main gives %d".formatted(results, given));
    }
    return module;
  }

  private static void check(
      IRModule module, String name, Function function, Set<Function> checked) {
    if (!checked.add(function)) {
      return;
    }
    List<Var> free = new ArrayList<>(Exprs.freeVariables(function.body()));
    free.removeAll(function.parameters());
    if (!free.isEmpty()) {
      throw new TypeException("variable %s is not bound in %s".formatted(free.getFirst(), name));
    }
    for (Expr expr : Exprs.postOrder(function.body())) {
      if (expr instanceof Call call && call.callee() instanceof Function callee) {
        check(module, "a function in " + name, callee, checked);
      }
      Type inferred = infer(module.functions(), expr);
      if (!inferred.equals(expr.type())) {
        throw new TypeException(
            "a node in %s has type %s and should have %s".formatted(name, expr.type(), inferred));
      }
    }
  }

  private static Type infer(Map<String, Function> functions, Expr expr) {
    return switch (expr) {
      case Var _, Constant _ -> expr.type();
      case Call call ->
          switch (call.callee()) {
            case Operator operator ->
                Call.of(operator, call.arguments(), call.attributes(), call.label()).type();
            case Function function -> applied(function, call);
            case GlobalVar global -> {
              Function function = functions.get(global.name());
              if (function == null) {
                throw new TypeException("function @%s is not there".formatted(global.name()));
              }
              yield applied(function, call);
            }
          };
      case Tuple tuple -> Tuple.of(tuple.fields()).type();
      case TupleGetItem item -> TupleGetItem.of(item.tuple(), item.index()).type();
      case If choice -> {
        require(TensorType.of(DType.BOOL), choice.condition().type(), "a condition");
        require(choice.whenTrue().type(), choice.whenFalse().type(), "a branch");
        yield choice.type();
      }
      case Let let -> {
        require(let.var().type(), let.value().type(), "the value of " + let.var());
        yield let.body().type();
      }
    };
  }

  private static Type applied(Function function, Call call) {
    if (function.parameters().size() != call.arguments().size()) {
      throw new TypeException(
          "a function of %d parameters is called with %d arguments"
              .formatted(function.parameters().size(), call.arguments().size()));
    }
    for (int i = 0; i < call.arguments().size(); i++) {
      Var parameter = function.parameters().get(i);
      require(parameter.type(), call.arguments().get(i).type(), "the argument " + parameter);
    }
    return function.resultType();
  }

  private static void require(Type wanted, Type given, String what) {
    if (!wanted.equals(given)) {
      throw new TypeException("%s must be %s and is %s".formatted(what, wanted, given));
    }
  }
}
