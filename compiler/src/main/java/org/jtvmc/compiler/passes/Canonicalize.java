package org.jtvmc.compiler.passes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.GraphRewriter;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.If;
import org.jtvmc.ir.graph.Let;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.pass.Invariant;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.type.TensorType;

/**
 * Brings what can be said in several ways into one form.
 *
 * <pre>{@code
 * let %v = nn.relu(%x); add(%v, %v)   =>   %0 = nn.relu(%x); add(%0, %0)
 * nn.softmax(%x, axis=-1)             =>   nn.softmax(%x)                 // an attribute's default
 * (%a, %b).1                          =>   %b
 * split(%x, axis=0, indices=[2]).1    =>   strided_slice(%x, axes=[0], begin=[2], end=[5])
 * copy(%x)                            =>   %x
 * if (true) { %a } else { %b }        =>   %a
 * }</pre>
 */
public final class Canonicalize implements Pass<IRModule> {
  private final OperatorRegistry operators;

  public Canonicalize(OperatorRegistry operators) {
    this.operators = operators;
  }

  @Override
  public Set<Invariant> requires() {
    return Set.of(GraphInvariants.TYPED);
  }

  @Override
  public Set<Invariant> establishes() {
    return Set.of(GraphInvariants.CANONICAL);
  }

  @Override
  public IRModule apply(IRModule module) {
    return module.mapFunctions(
        function ->
            function.withBody(
                GraphRewriter.rewrite(withoutLets(function).body(), this::canonical)));
  }

  /** A value that several read needs no name in a graph. */
  private static Function withoutLets(Function function) {
    List<Expr> order = Exprs.postOrder(function.body());
    Map<Var, Expr> values = new HashMap<>();
    for (Expr expr : order) {
      if (expr instanceof Let let) {
        values.put(let.var(), let.value());
      }
    }
    if (values.isEmpty()) {
      return function;
    }
    Map<Expr, Expr> rewritten = new HashMap<>();
    for (Expr expr : order) {
      rewritten.put(
          expr,
          switch (expr) {
            case Let let -> rewritten.get(let.body());
            // The value of a Let comes before its body in post-order.
            case Var variable when values.containsKey(variable) ->
                rewritten.get(values.get(variable));
            case Var _, Constant _, Call _, Tuple _, TupleGetItem _, If _ ->
                Exprs.withChildren(
                    expr, Exprs.children(expr).stream().map(rewritten::get).toList());
          });
    }
    return function.withBody(rewritten.get(function.body()));
  }

  private Expr canonical(Expr expr) {
    return switch (expr) {
      case Call call when call.callee() instanceof Operator operator ->
          operator.name().equals("copy")
              ? call.arguments().getFirst()
              : withoutDefaults(operator, call);
      case TupleGetItem(Tuple tuple, int index, var _) -> tuple.fields().get(index);
      case TupleGetItem(Call call, int index, TensorType type) when call.isCallOf("split") ->
          slice(call, index, type);
      case If(Constant condition, Expr whenTrue, Expr whenFalse) ->
          condition.value().getLong(0) != 0 ? whenTrue : whenFalse;
      case Var _, Constant _, Call _, Tuple _, TupleGetItem _, If _, Let _ -> expr;
    };
  }

  private static Call withoutDefaults(Operator operator, Call call) {
    SortedMap<String, AttributeValue> values = new TreeMap<>(call.attributes().values());
    for (Operator.AttributeSpec spec : operator.attributes()) {
      values.remove(spec.name(), spec.defaultValue());
    }
    return values.size() == call.attributes().values().size()
        ? call
        : new Call(operator, call.arguments(), new Attributes(values), call.label(), call.type());
  }

  /** One part of a split; each is then free to join its own readers. */
  private Expr slice(Call split, int index, TensorType type) {
    TensorType data = (TensorType) split.arguments().getFirst().type();
    int axis = Math.floorMod((int) split.attributes().integer("axis", 0), data.rank());
    if (!data.dim(axis).isKnown()) {
      return TupleGetItem.of(split, index);
    }
    List<Long> cuts = new ArrayList<>(split.attributes().integers("indices"));
    cuts.addFirst(0L);
    long begin = cuts.get(index);
    return Call.of(
        operators.get("strided_slice"),
        split.arguments(),
        Attributes.builder()
            .put("axes", List.of((long) axis))
            .put("begin", List.of(begin))
            .put("end", List.of(begin + type.dim(axis).value()))
            .build(),
        split.label());
  }
}
