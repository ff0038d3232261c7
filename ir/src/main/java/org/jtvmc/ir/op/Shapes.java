package org.jtvmc.ir.op;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TypeException;

/** Rules on shapes and element types that many operators' type rules share. */
public final class Shapes {

  private Shapes() {}

  /**
   * The axis counted from the front.
   *
   * @param axis from the front, or, where negative, from the end
   * @throws TypeException where a tensor of that rank has no such axis
   */
  public static int axis(long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw new TypeException(
          "axis %d is outside the %d dimensions of its argument".formatted(axis, rank));
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /**
   * The axes counted from the front, ascending.
   *
   * @throws TypeException where one is outside the rank or given twice
   */
  public static List<Integer> axes(List<Long> axes, int rank) {
    TreeSet<Integer> distinct = new TreeSet<>();
    for (long axis : axes) {
      if (!distinct.add(axis(axis, rank))) {
        throw new TypeException("axis %d is given twice in %s".formatted(axis, axes));
      }
    }
    return List.copyOf(distinct);
  }

  /**
   * The shape of a numpy broadcast: dimensions are matched from the last on; a one stretches.
   *
   * @throws TypeException where two known sizes differ and neither is one
   */
  public static List<Dim> broadcast(List<Dim> left, List<Dim> right) {
    int rank = Math.max(left.size(), right.size());
    List<Dim> result = new ArrayList<>(rank);
    for (int i = 0; i < rank; i++) {
      int fromLeft = i - (rank - left.size());
      int fromRight = i - (rank - right.size());
      if (fromLeft < 0) {
        result.add(right.get(fromRight));
      } else if (fromRight < 0) {
        result.add(left.get(fromLeft));
      } else {
        result.add(broadcast(left.get(fromLeft), right.get(fromRight), left, right));
      }
    }
    return result;
  }

  /**
   * A size that is known only at run time is never a 1 that stretches: it is taken for the other
   * one, which is checked when the model runs.
   */
  private static Dim broadcast(Dim a, Dim b, List<Dim> left, List<Dim> right) {
    if (a.equals(b) || isOne(b)) {
      return a;
    }
    if (isOne(a)) {
      return b;
    }
    if (a.isKnown() && b.isKnown()) {
      throw new TypeException(
          "shapes %s and %s do not broadcast: %s against %s".formatted(left, right, a, b));
    }
    SizeAssumptions.equal(a, b);
    return a.isKnown() || (!b.isKnown() && isSimpler(a, b)) ? a : b;
  }

  private static boolean isSimpler(Dim a, Dim b) {
    return a.toString().length() <= b.toString().length();
  }

  public static boolean isOne(Dim dim) {
    return dim.equals(Dim.of(1));
  }

  /**
   * True where both are known and differ. Where one is known only at run time they are taken for
   * equal, which is checked when the model runs.
   */
  public static boolean conflict(Dim a, Dim b) {
    if (a.equals(b)) {
      return false;
    }
    if (a.isKnown() && b.isKnown()) {
      return true;
    }
    SizeAssumptions.equal(a, b);
    return false;
  }

  public static Dim product(List<Dim> dims) {
    return dims.stream().reduce(Dim.of(1), Dim::times);
  }

  /** The shape with {@code dim} in place of the given one. */
  public static List<Dim> replace(List<Dim> shape, int axis, Dim dim) {
    List<Dim> result = new ArrayList<>(shape);
    result.set(axis, dim);
    return result;
  }

  /** The shape without (or, where {@code keep}, with 1 for) the given ascending axes. */
  public static List<Dim> reduce(List<Dim> shape, List<Integer> axes, boolean keep) {
    List<Dim> result = new ArrayList<>(shape.size());
    for (int i = 0; i < shape.size(); i++) {
      if (!axes.contains(i)) {
        result.add(shape.get(i));
      } else if (keep) {
        result.add(Dim.of(1));
      }
    }
    return result;
  }

  /** {@code 0, 1, ..., rank - 1}. */
  public static List<Integer> allAxes(int rank) {
    return IntStream.range(0, rank).boxed().toList();
  }

  /**
   * The list itself, or {@code count} times {@code otherwise} where it is empty.
   *
   * @throws TypeException where it has another length
   */
  public static List<Long> each(String attribute, List<Long> values, int count, long otherwise) {
    if (values.isEmpty()) {
      return Collections.nCopies(count, otherwise);
    }
    if (values.size() != count) {
      throw new TypeException(
          "%s has %d values where %d are needed".formatted(attribute, values.size(), count));
    }
    return values;
  }

  /** As {@link #each}, and all values at least {@code least}. */
  public static List<Long> eachAtLeast(
      String attribute, List<Long> values, int count, long otherwise, long least) {
    List<Long> result = each(attribute, values, count, otherwise);
    for (long value : result) {
      if (value < least) {
        throw new TypeException(
            "%s is %s, but must be at least %d".formatted(attribute, result, least));
      }
    }
    return result;
  }

  /**
   * @throws TypeException where the element types differ
   */
  public static DType commonDType(List<TensorType> arguments) {
    DType dtype = arguments.getFirst().dtype();
    for (TensorType argument : arguments) {
      if (!argument.dtype().equals(dtype)) {
        throw new TypeException(
            "the arguments' element types differ: %s and %s".formatted(dtype, argument.dtype()));
      }
    }
    return dtype;
  }

  /**
   * @throws TypeException where the argument has too few dimensions
   */
  public static void requireRank(TensorType argument, String what, int least) {
    if (argument.rank() < least) {
      throw new TypeException(
          "the %s must have at least %d dimensions and is %s".formatted(what, least, argument));
    }
  }

  /**
   * @throws TypeException where the argument is not of that shape
   */
  public static void requireShape(TensorType argument, String what, List<Dim> shape) {
    boolean fits = argument.rank() == shape.size();
    for (int i = 0; fits && i < shape.size(); i++) {
      fits = !conflict(argument.dim(i), shape.get(i));
    }
    if (!fits) {
      throw new TypeException(
          "the %s must have the shape %s and is %s".formatted(what, shape, argument));
    }
  }

  /**
   * @throws TypeException where the element type is not floating point
   */
  public static void requireFloat(TensorType argument, String what) {
    if (!argument.dtype().isFloat()) {
      throw new TypeException(
          "the %s must be floating point and is %s".formatted(what, argument.dtype()));
    }
  }
}
