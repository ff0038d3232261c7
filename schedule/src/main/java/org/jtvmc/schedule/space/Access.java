package org.jtvmc.schedule.space;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
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
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.Stage;

/**
 * One read by a stage, with indices in the stage's own axes: what a rule needs to know to tell a
 * matrix product from a pooling and a row from a column.
 */
public record Access(Tensor tensor, List<PrimExpr> indices) {

  public Access {
    indices = List.copyOf(indices);
  }

  /** Everything that {@code stage} reads, inlined stages looked through. */
  public static List<Access> of(Schedule schedule, Stage stage) {
    List<Access> accesses = new ArrayList<>();
    PrimExprs.forEach(
        body(schedule, stage),
        node -> {
          if (node instanceof Read read) {
            accesses.add(new Access(read.tensor(), read.indices()));
          }
        });
    return accesses;
  }

  /** The expression that {@code stage} evaluates, with those of inlined stages in their places. */
  public static PrimExpr body(Schedule schedule, Stage stage) {
    return inline(schedule, stage.op().body());
  }

  private static PrimExpr inline(Schedule schedule, PrimExpr expr) {
    return PrimExprs.rewrite(
        expr,
        node -> {
          if (!(node instanceof Read read)) {
            return node;
          }
          Optional<Stage> producer = schedule.stageOf(read.tensor());
          if (producer.isEmpty() || !producer.get().isInlined()) {
            return node;
          }
          ComputeOp op = producer.get().op();
          Map<PrimVar, PrimExpr> values = new HashMap<>();
          for (int i = 0; i < op.axes().size(); i++) {
            values.put(op.axes().get(i).var(), read.indices().get(i));
          }
          return inline(schedule, PrimExprs.substitute(op.body(), values));
        });
  }

  /** True where the element read depends on {@code variable}. */
  public boolean dependsOn(PrimVar variable) {
    return indices.stream().anyMatch(index -> PrimExprs.uses(index, variable));
  }

  /**
   * How far apart, in elements of the dense tensor, the reads of consecutive values of {@code
   * variable} lie; empty where that varies.
   */
  public OptionalLong stride(PrimVar variable) {
    long total = 0;
    long scale = 1;
    for (int dim = indices.size() - 1; dim >= 0; dim--) {
      OptionalLong coefficient = coefficient(indices.get(dim), variable);
      if (coefficient.isEmpty() || !(tensor.dim(dim) instanceof IntImm size)) {
        return OptionalLong.empty();
      }
      total += coefficient.getAsLong() * scale;
      scale *= size.value();
    }
    return OptionalLong.of(total);
  }

  /**
   * By how much the reads of a window, which {@code reduced} walks, move from one value of {@code
   * axis} to the next: 0 where no index moves with both.
   */
  public long slide(Axis axis, Axis reduced) {
    for (PrimExpr index : indices) {
      long step = coefficient(index, axis.var()).orElse(0);
      if (step > 0 && coefficient(index, reduced.var()).orElse(0) > 0) {
        return step;
      }
    }
    return 0;
  }

  /**
   * True where different values of {@code axes} read different elements, but for what a window
   * shares with its neighbours: every axis of more than one value moves an index, linearly.
   */
  public boolean isReadOnce(List<Axis> axes) {
    return isLinearIn(axes)
        && axes.stream().allMatch(axis -> axis.size() == 1 || dependsOn(axis.var()));
  }

  /** True where every index is linear in every one of {@code axes}. */
  public boolean isLinearIn(List<Axis> axes) {
    return axes.stream()
        .allMatch(axis -> indices.stream().allMatch(i -> coefficient(i, axis.var()).isPresent()));
  }

  /** The factor of {@code variable} in a linear expression; empty where it is not linear in it. */
  public static OptionalLong coefficient(PrimExpr expr, PrimVar variable) {
    if (expr == variable) {
      return OptionalLong.of(1);
    }
    if (!PrimExprs.uses(expr, variable)) {
      return OptionalLong.of(0);
    }
    return switch (expr) {
      case Binary binary -> ofBinary(binary, variable);
      case IntImm _,
          FloatImm _,
          PrimVar _,
          Compare _,
          Not _,
          Select _,
          Cast _,
          Reinterpret _,
          Intrinsic _,
          Read _,
          Load _ ->
          OptionalLong.empty();
    };
  }

  private static OptionalLong ofBinary(Binary binary, PrimVar variable) {
    OptionalLong left = coefficient(binary.left(), variable);
    OptionalLong right = coefficient(binary.right(), variable);
    if (left.isEmpty() || right.isEmpty()) {
      return OptionalLong.empty();
    }
    return switch (binary.op()) {
      case ADD -> OptionalLong.of(left.getAsLong() + right.getAsLong());
      case SUBTRACT -> OptionalLong.of(left.getAsLong() - right.getAsLong());
      case MULTIPLY -> {
        if (binary.right() instanceof IntImm factor) {
          yield OptionalLong.of(left.getAsLong() * factor.value());
        }
        yield binary.left() instanceof IntImm factor
            ? OptionalLong.of(right.getAsLong() * factor.value())
            : OptionalLong.empty();
      }
      case DIVIDE,
          REMAINDER,
          FLOOR_DIVIDE,
          FLOOR_MODULO,
          MIN,
          MAX,
          AND,
          OR,
          BIT_AND,
          BIT_OR,
          BIT_XOR,
          SHIFT_LEFT,
          SHIFT_RIGHT ->
          OptionalLong.empty();
    };
  }
}
