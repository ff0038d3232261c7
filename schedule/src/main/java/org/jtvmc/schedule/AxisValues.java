package org.jtvmc.schedule;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;

/** The arithmetic between a stage's axes and the loops that splits and fusions made of them. */
public final class AxisValues {

  private AxisValues() {}

  /**
   * The extent of every axis that the stage has or had.
   *
   * @param axisExtents the extents of {@link Stage#axes}, in that order
   */
  public static Map<String, Long> extents(Stage stage, long[] axisExtents) {
    Map<String, Long> extents = new HashMap<>();
    for (int i = 0; i < axisExtents.length; i++) {
      extents.put(stage.axes().get(i).id(), axisExtents[i]);
    }
    for (Relation relation : stage.relations()) {
      switch (relation) {
        case Relation.Split split -> {
          long[] parts = split.extents(extents.get(split.axis()));
          for (int part = 0; part < parts.length; part++) {
            extents.put(split.parts().get(part), parts[part]);
          }
        }
        case Relation.Fuse(List<String> axes, String fused) -> {
          long product = 1;
          for (String axis : axes) {
            product = Math.multiplyExact(product, extents.get(axis));
          }
          extents.put(fused, product);
        }
      }
    }
    return extents;
  }

  /** The extents of every axis where the whole tensor is computed. */
  public static Map<String, Long> extents(Stage stage) {
    return extents(stage, stage.axes().stream().mapToLong(IterVar::extent).toArray());
  }

  /**
   * Adds to {@code values}, which holds those of loops, the values of the axes that the loops came
   * from. Axes of which a loop has no value stay without.
   */
  public static void complete(Stage stage, Map<String, PrimExpr> values) {
    complete(stage, values, extents(stage));
  }

  /** The same, for other extents than those of the whole tensor. */
  public static void complete(
      Stage stage, Map<String, PrimExpr> values, Map<String, Long> extents) {
    for (Relation relation : stage.relations().reversed()) {
      switch (relation) {
        case Relation.Split split -> {
          PrimExpr value = IntImm.of(0);
          long stride = 1;
          for (String part : split.parts().reversed()) {
            PrimExpr partValue = values.get(part);
            if (partValue == null) {
              value = null;
              break;
            }
            value = partValue.times(stride).plus(value);
            stride *= extents.get(part);
          }
          if (value != null) {
            values.put(split.axis(), value);
          }
        }
        case Relation.Fuse(List<String> axes, String fused) -> {
          PrimExpr value = values.get(fused);
          if (value == null) {
            break;
          }
          long stride = 1;
          for (int i = axes.size() - 1; i >= 0; i--) {
            long extent = extents.get(axes.get(i));
            PrimExpr part = value.floorDiv(stride);
            values.put(axes.get(i), i == 0 ? part : part.floorMod(extent));
            stride *= extent;
          }
        }
      }
    }
  }

  /** True where the loops of {@code axis} together run beyond its end. */
  public static boolean oversteps(Stage stage, String axis) {
    return oversteps(stage, axis, extents(stage));
  }

  /** The same, for other extents than those of the whole tensor. */
  public static boolean oversteps(Stage stage, String axis, Map<String, Long> extents) {
    for (Relation relation : stage.relations()) {
      switch (relation) {
        case Relation.Split split -> {
          if (split.axis().equals(axis)) {
            long product = 1;
            for (String part : split.parts()) {
              product *= extents.get(part);
              if (oversteps(stage, part, extents)) {
                return true;
              }
            }
            return product > extents.get(axis);
          }
        }
        case Relation.Fuse(List<String> axes, String fused) -> {
          if (axes.getFirst().equals(axis)) {
            return oversteps(stage, fused, extents);
          }
        }
      }
    }
    return false;
  }
}
