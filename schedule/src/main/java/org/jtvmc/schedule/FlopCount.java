package org.jtvmc.schedule;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.type.DType;

/** Counts the operations on elements. Conversions, and the arithmetic of indices, cost nothing. */
public final class FlopCount {

  private FlopCount() {}

  static double of(ComputeDag dag) {
    double total = 0;
    for (Stage stage : dag.stages()) {
      total += of(stage.op());
    }
    return total;
  }

  /** The operations of one stage. */
  public static double of(ComputeOp op) {
    return points(op) * (perPoint(op.body()) + (op.isReduction() ? 1 : 0));
  }

  /** How often a stage's body is evaluated. */
  static double points(ComputeOp op) {
    double points = 1;
    for (Axis axis : op.axes()) {
      points *= axis.usualSize();
    }
    for (Axis axis : op.reduceAxes()) {
      points *= axis.usualSize();
    }
    return points;
  }

  private static double perPoint(PrimExpr expr) {
    if (isElement(expr)) {
      return 0;
    }
    if (expr instanceof Select select) {
      List<PrimExpr> alternatives = chosenByIndex(select);
      return alternatives.size() > 2
          ? ofAlternatives(alternatives)
          : perPoint(select.condition())
              + Math.max(perPoint(select.whenTrue()), perPoint(select.whenFalse()));
    }
    return own(expr) + PrimExprs.children(expr).stream().mapToDouble(FlopCount::perPoint).sum();
  }

  /** What is there already, or an index: nothing below it counts. */
  private static boolean isElement(PrimExpr expr) {
    return switch (expr) {
      case IntImm _, FloatImm _, PrimVar _, Read _, Load _ -> true;
      case Compare compare -> isIndex(compare.left());
      case Binary _, Not _, Select _, Cast _, Reinterpret _, Intrinsic _ -> false;
    };
  }

  /** The operations of a node without its operands. */
  private static double own(PrimExpr expr) {
    return switch (expr) {
      case Binary _, Compare _ -> 1;
      case Intrinsic intrinsic -> intrinsic.op() == IntrinsicOp.FMA ? 2 : 1;
      case IntImm _,
          FloatImm _,
          PrimVar _,
          Read _,
          Load _,
          Not _,
          Select _,
          Cast _,
          Reinterpret _ ->
          0;
    };
  }

  /** What an index chooses from, where such choices follow each other. */
  private static List<PrimExpr> chosenByIndex(PrimExpr expr) {
    List<PrimExpr> alternatives = new ArrayList<>();
    Deque<PrimExpr> open = new ArrayDeque<>(List.of(expr));
    while (!open.isEmpty()) {
      PrimExpr next = open.pop();
      if (next instanceof Select(Compare condition, PrimExpr first, PrimExpr second)
          && isIndex(condition.left())) {
        open.push(second);
        open.push(first);
      } else {
        alternatives.add(next);
      }
    }
    return alternatives;
  }

  /** The dearest alternative, to which each counts its share of what several have in common. */
  private static double ofAlternatives(List<PrimExpr> alternatives) {
    List<Set<PrimExpr>> parts = new ArrayList<>();
    Map<PrimExpr, Integer> uses = new IdentityHashMap<>();
    for (PrimExpr alternative : alternatives) {
      Set<PrimExpr> nodes = Collections.newSetFromMap(new IdentityHashMap<>());
      collect(alternative, nodes);
      nodes.forEach(node -> uses.merge(node, 1, Integer::sum));
      parts.add(nodes);
    }
    double most = 0;
    for (Set<PrimExpr> nodes : parts) {
      most = Math.max(most, nodes.stream().mapToDouble(node -> own(node) / uses.get(node)).sum());
    }
    return most;
  }

  private static void collect(PrimExpr expr, Set<PrimExpr> nodes) {
    if (!isElement(expr) && nodes.add(expr)) {
      PrimExprs.children(expr).forEach(child -> collect(child, nodes));
    }
  }

  /** Conditions on indices say where padding is; they are decided outside of inner loops. */
  private static boolean isIndex(PrimExpr expr) {
    return expr.dtype().equals(DType.I64);
  }
}
