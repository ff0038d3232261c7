package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.TupleGetItem;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** If whose condition only the run knows: each branch is a function, of which one runs. */
final class BranchesAtRunTime {

  private BranchesAtRunTime() {}

  static List<Expr> branch(OnnxNode node) {
    RunTimeValues values = new RunTimeValues(node);
    RunTime runTime = node.runTime();
    RunTime.Subgraph yes = subgraph(node, "then_branch");
    RunTime.Subgraph no = subgraph(node, "else_branch");
    if (yes.results().size() != no.results().size()) {
      throw node.fault("has branches of different numbers of results");
    }
    List<Expr> others = no.results();
    no = no.giving(aligned(node, others, yes.results()));
    yes = yes.giving(aligned(node, yes.results(), others));
    Set<Dim> inner = new HashSet<>(RegionFunctions.decidedIn(yes));
    inner.addAll(RegionFunctions.decidedIn(no));
    List<TensorType> types = new ArrayList<>();
    List<Optional<Elements>> elements = new ArrayList<>();
    for (int i = 0; i < yes.results().size(); i++) {
      Expr a = yes.results().get(i);
      Expr b = no.results().get(i);
      if (node.type(a).rank() != node.type(b).rank()) {
        throw node.undetermined(
            node.input(0), "a condition that decides over a number of dimensions");
      }
      types.add(values.joined(node.type(a), node.type(b), inner));
      elements.add(elements(node, a, b));
    }
    RunTime.Region first = runTime.function(yes, List.of());
    RunTime.Region second = runTime.function(no, List.of());
    List<Expr> reads = new ArrayList<>(first.reads());
    reads.addAll(second.reads());
    List<Expr> arguments = new ArrayList<>();
    arguments.add(values.scalar(node.input(0), DType.BOOL));
    arguments.add(values.sizes(reads));
    arguments.addAll(reads);
    Expr both =
        node.call(
            "control.if",
            RunTimeValues.region(
                List.of(first.name(), second.name()),
                types,
                List.of((long) first.reads().size(), (long) second.reads().size())),
            arguments.toArray(Expr[]::new));
    List<Expr> results = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      results.add(values.result(TupleGetItem.of(both, i), types.get(i), elements.get(i)));
    }
    return results;
  }

  /** A number is a vector of one element where the other branch gives that. */
  private static List<Expr> aligned(OnnxNode node, List<Expr> own, List<Expr> others) {
    List<Expr> aligned = new ArrayList<>(own);
    for (int i = 0; i < Math.min(own.size(), others.size()); i++) {
      boolean isNumber =
          own.get(i).type() instanceof TensorType type
              && type.rank() == 0
              && !type.dtype().isString()
              && !node.runTime().isSequence(own.get(i));
      if (isNumber
          && others.get(i).type() instanceof TensorType other
          && other.shape().equals(List.of(Dim.of(1)))
          && node.decidedSizes(others.get(i)).isEmpty()) {
        aligned.set(i, node.reshape(own.get(i), List.of(1L)));
      }
    }
    return aligned;
  }

  private static RunTime.Subgraph subgraph(OnnxNode node, String name) {
    RunTimeValues values = new RunTimeValues(node);
    return node.runTime()
        .inside(
            node.graph(name),
            List.of(),
            results -> results.stream().map(values::portable).toList());
  }

  private static Optional<Elements> elements(OnnxNode node, Expr a, Expr b) {
    Optional<Elements> first = node.runTime().elements(a);
    Optional<Elements> second = node.runTime().elements(b);
    if (first.isEmpty() && second.isEmpty()) {
      return Optional.empty();
    }
    if (first.isEmpty() || second.isEmpty()) {
      throw node.fault(
          "gives a tensor in one case and a sequence in another, which is not supported");
    }
    return Optional.of(
        first
            .get()
            .with(second.get())
            .orElseThrow(
                () -> node.fault("gives sequences of different elements, which is not supported")));
  }

  /** Whether both branches can be computed, and then one be chosen, at little cost. */
  static boolean isSmall(OnnxNode node) {
    int most = 4;
    return node.graph("then_branch").getNodeCount() + node.graph("else_branch").getNodeCount()
            <= most
        && java.util.stream.Stream.of("then_branch", "else_branch")
            .flatMap(name -> node.graph(name).getNodeList().stream())
            .allMatch(inner -> SMALL.contains(inner.getOpType()));
  }

  private static final Set<String> SMALL =
      Set.of(
          "Add",
          "Cast",
          "Concat",
          "Constant",
          "Div",
          "Gather",
          "Identity",
          "Mul",
          "Neg",
          "Relu",
          "Reshape",
          "Shape",
          "Slice",
          "Squeeze",
          "Sub",
          "Transpose",
          "Unsqueeze");

  /** Both branches, and then one of each two results; empty where their types differ. */
  static Optional<List<Expr>> chosen(OnnxNode node) {
    List<Expr> one = node.inline("then_branch");
    List<Expr> other = node.inline("else_branch");
    List<Expr> yes = aligned(node, one, other);
    List<Expr> no = aligned(node, other, one);
    List<Expr> results = new ArrayList<>();
    for (int i = 0; i < yes.size(); i++) {
      boolean fits =
          yes.get(i).type().equals(no.get(i).type())
              && !(yes.get(i) instanceof Tuple)
              && yes.get(i).type() instanceof TensorType type
              && type.isStatic()
              && !type.dtype().isString()
              && !node.runTime().isSequence(yes.get(i))
              && node.decidedSizes(yes.get(i)).isEmpty()
              && node.decidedSizes(no.get(i)).isEmpty();
      if (!fits) {
        return Optional.empty();
      }
      results.add(node.call("where", node.input(0), yes.get(i), no.get(i)));
    }
    return Optional.of(results);
  }
}
