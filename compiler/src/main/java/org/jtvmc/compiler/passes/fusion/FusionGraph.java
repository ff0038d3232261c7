package org.jtvmc.compiler.passes.fusion;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jgrapht.graph.DirectedAcyclicGraph;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.Type;

/**
 * The calls of operators in one function body, with an edge from each to those that read it. A
 * tuple that only collects arguments is looked through.
 */
final class FusionGraph {

  /** How a consumer reads a producer. Equal only to itself, as the graph library wants. */
  static final class Edge {
    private FusionKind kind;

    private Edge(FusionKind kind) {
      this.kind = kind;
    }

    FusionKind kind() {
      return kind;
    }
  }

  private final DirectedAcyclicGraph<Call, Edge> graph = new DirectedAcyclicGraph<>(Edge.class);
  private final List<Call> order = new ArrayList<>();
  private final Set<Call> escaping = new HashSet<>();

  static FusionGraph of(Expr body) {
    FusionGraph graph = new FusionGraph();
    List<Expr> nodes = Exprs.postOrder(body);
    for (Expr expr : nodes) {
      if (isOperatorCall(expr)) {
        graph.add((Call) expr);
      }
    }
    for (Expr expr : nodes) {
      // A tuple's fields escape through whoever reads it other than as arguments.
      if (!isOperatorCall(expr) && !(expr instanceof Tuple)) {
        Exprs.children(expr).forEach(graph::escape);
      }
    }
    graph.escape(body);
    return graph;
  }

  static boolean isOperatorCall(Expr expr) {
    return expr instanceof Call call && call.callee() instanceof Operator;
  }

  /** The operands of a call, with tuples replaced by their fields. */
  static List<Expr> operands(Call call) {
    List<Expr> operands = new ArrayList<>();
    call.arguments().forEach(argument -> flatten(argument, operands));
    return operands;
  }

  private static void flatten(Expr expr, List<Expr> into) {
    if (expr instanceof Tuple tuple) {
      tuple.fields().forEach(field -> flatten(field, into));
    } else {
      into.add(expr);
    }
  }

  private void add(Call call) {
    graph.addVertex(call);
    order.add(call);
    for (Expr operand : operands(call)) {
      if (isOperatorCall(operand)) {
        Call producer = (Call) operand;
        FusionKind kind = readKind(producer, call);
        Edge known = graph.getEdge(producer, call);
        if (known == null) {
          graph.addEdge(producer, call, new Edge(kind));
        } else {
          known.kind = harder(known.kind, kind);
        }
      }
    }
  }

  /** A broadcast of an operand that has the result's shape already is elementwise. */
  private static FusionKind readKind(Call producer, Call consumer) {
    FusionKind kind = kind(consumer);
    return kind == FusionKind.BROADCAST && sameShape(producer.type(), consumer.type())
        ? FusionKind.ELEMENTWISE
        : kind;
  }

  private static boolean sameShape(Type left, Type right) {
    return left instanceof TensorType a
        && right instanceof TensorType b
        && a.shape().equals(b.shape());
  }

  private void escape(Expr expr) {
    if (expr instanceof Tuple tuple) {
      tuple.fields().forEach(this::escape);
    } else if (isOperatorCall(expr)) {
      escaping.add((Call) expr);
    }
  }

  /** Producers before consumers: the order of the body. */
  List<Call> order() {
    return order;
  }

  /** True where something other than a call of an operator reads the value. */
  boolean escapes(Call call) {
    return escaping.contains(call);
  }

  Set<Edge> reads(Call call) {
    return graph.outgoingEdgesOf(call);
  }

  Call reader(Edge edge) {
    return graph.getEdgeTarget(edge);
  }

  List<Call> readers(Call call) {
    return graph.outgoingEdgesOf(call).stream().map(graph::getEdgeTarget).toList();
  }

  List<Call> producers(Call call) {
    return graph.incomingEdgesOf(call).stream().map(graph::getEdgeSource).toList();
  }

  /** How a call fuses; one with several results stays alone. */
  static FusionKind kind(Call call) {
    Operator operator = (Operator) call.callee();
    return call.type() instanceof TensorType
        ? operator.fusionKind(call.arguments().stream().map(Expr::type).toList(), call.attributes())
        : FusionKind.OPAQUE;
  }

  static FusionKind harder(FusionKind left, FusionKind right) {
    return left.compareTo(right) >= 0 ? left : right;
  }
}
