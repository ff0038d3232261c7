package org.jtvmc.schedule;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Sizes;

/** The arithmetic between a stage's axes and the loops that splits and fusions made of them. */
public final class AxisValues {

  private AxisValues() {}

  /**
   * The size of every axis that the stage has or had.
   *
   * @param axisSizes those of {@link Stage#axes}, in that order
   */
  public static Map<String, PrimExpr> sizes(Stage stage, List<PrimExpr> axisSizes) {
    Map<String, PrimExpr> sizes = new HashMap<>();
    for (int i = 0; i < axisSizes.size(); i++) {
      sizes.put(stage.axes().get(i).id(), axisSizes.get(i));
    }
    for (Relation relation : stage.relations()) {
      switch (relation) {
        case Relation.Split split -> {
          List<PrimExpr> parts = split.sizes(sizes.get(split.axis()));
          for (int part = 0; part < parts.size(); part++) {
            sizes.put(split.parts().get(part), parts.get(part));
          }
        }
        case Relation.Fuse(List<String> axes, String fused) ->
            sizes.put(fused, Sizes.product(axes.stream().map(sizes::get).toList()));
      }
    }
    return sizes;
  }

  /** The sizes of every axis where the whole tensor is computed. */
  public static Map<String, PrimExpr> sizes(Stage stage) {
    return sizes(stage, stage.axes().stream().map(IterVar::size).toList());
  }

  /**
   * Adds to {@code values}, which holds those of loops, the values of the axes that the loops came
   * from. Axes of which a loop has no value stay without.
   */
  public static void complete(Stage stage, Map<String, PrimExpr> values) {
    complete(stage, values, sizes(stage));
  }

  /** The same, for other sizes than those of the whole tensor. */
  public static void complete(
      Stage stage, Map<String, PrimExpr> values, Map<String, PrimExpr> sizes) {
    for (Relation relation : stage.relations().reversed()) {
      switch (relation) {
        case Relation.Split split -> {
          PrimExpr value = IntImm.of(0);
          PrimExpr stride = IntImm.of(1);
          for (String part : split.parts().reversed()) {
            PrimExpr partValue = values.get(part);
            if (partValue == null) {
              value = null;
              break;
            }
            value = partValue.times(stride).plus(value);
            stride = stride.times(sizes.get(part));
          }
          if (value != null) {
            values.put(split.axis(), value);
          }
        }
        case Relation.Fuse fuse -> {
          PrimExpr value = values.get(fuse.fused());
          if (value == null) {
            break;
          }
          List<String> axes = fuse.slowestFirst(sizes);
          PrimExpr stride = IntImm.of(1);
          for (int i = axes.size() - 1; i >= 0; i--) {
            PrimExpr size = sizes.get(axes.get(i));
            PrimExpr part = value.floorDiv(stride);
            values.put(axes.get(i), i == 0 ? part : part.floorMod(size));
            stride = Sizes.product(List.of(stride, size));
          }
        }
      }
    }
  }

  /**
   * The axes that their loops run beyond, because splits are uneven: an iteration counts only where
   * each of these is below its size.
   *
   * <p>Overstepping the outermost part of a split oversteps the axis that was split, and a fused
   * axis the first of those it was fused from; of such a chain only the outermost axis is named.
   */
  public static Set<String> overstepped(Stage stage, Map<String, PrimExpr> sizes) {
    Set<String> overstepped = new LinkedHashSet<>();
    List<Relation> relations = stage.relations();
    for (int i = 0; i < relations.size(); i++) {
      if (relations.get(i) instanceof Relation.Split split) {
        PrimExpr product = Sizes.product(split.parts().stream().map(sizes::get).toList());
        PrimExpr whole = sizes.get(split.axis());
        boolean even = isCovered(whole, product);
        if (!even) {
          overstepped.add(outermost(split.axis(), relations.subList(0, i), sizes));
        }
      }
    }
    return overstepped;
  }

  private static boolean isCovered(PrimExpr whole, PrimExpr product) {
    if (whole instanceof IntImm(_, long size) && product instanceof IntImm(_, long covered)) {
      return covered <= size;
    }
    return product.equals(Sizes.canonical(whole));
  }

  private static String outermost(String axis, List<Relation> before, Map<String, PrimExpr> sizes) {
    String current = axis;
    for (Relation relation : before.reversed()) {
      switch (relation) {
        case Relation.Split split -> {
          if (split.parts().getFirst().equals(current)) {
            current = split.axis();
          }
        }
        case Relation.Fuse fuse -> {
          if (fuse.fused().equals(current)) {
            current = fuse.slowestFirst(sizes).getFirst();
          }
        }
      }
    }
    return current;
  }
}
