package org.jtvmc.schedule;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  /**
   * The axes that their loops run beyond, because splits are uneven: an iteration counts only where
   * each of these is below its extent.
   *
   * <p>Overstepping the outermost part of a split oversteps the axis that was split, and a fused
   * axis the first of those it was fused from; of such a chain only the outermost axis is named.
   */
  public static Set<String> overstepped(Stage stage, Map<String, Long> extents) {
    Set<String> overstepped = new LinkedHashSet<>();
    List<Relation> relations = stage.relations();
    for (int i = 0; i < relations.size(); i++) {
      if (relations.get(i) instanceof Relation.Split split) {
        long product = 1;
        for (String part : split.parts()) {
          product *= extents.get(part);
        }
        if (product > extents.get(split.axis())) {
          overstepped.add(outermost(split.axis(), relations.subList(0, i)));
        }
      }
    }
    return overstepped;
  }

  private static String outermost(String axis, List<Relation> before) {
    String current = axis;
    for (Relation relation : before.reversed()) {
      switch (relation) {
        case Relation.Split split -> {
          if (split.parts().getFirst().equals(current)) {
            current = split.axis();
          }
        }
        case Relation.Fuse(List<String> axes, String fused) -> {
          if (fused.equals(current)) {
            current = axes.getFirst();
          }
        }
      }
    }
    return current;
  }
}
