package org.jtvmc.ir.op.nn;

import java.util.ArrayList;
import java.util.List;

/**
 * The matrices of a minimal filtering algorithm F(outputs, taps): {@code outputs} neighbouring
 * results of a filter of {@code taps} coefficients from {@code outputs + taps - 1} products.
 *
 * <p>With {@code d} the data and {@code g} the filter, the results are {@code AT ((G g) * (BT d))}.
 * The rows belong to points at which polynomials are evaluated, the last to infinity. Toom 1963,
 * Cook 1966, Winograd 1980; for convolutions Lavin and Gray, "Fast algorithms for convolutional
 * neural networks", CVPR 2016.
 *
 * @param at {@code outputs} rows
 * @param g rows of {@code taps}
 * @param bt rows of one for each product
 */
record CookToom(List<List<Double>> at, List<List<Double>> g, List<List<Double>> bt) {

  /**
   * Points in the order in which they are used. Lavin and Gray's 2 and -2 in the place of the
   * fractions double the error of the four-fold algorithm in float32.
   */
  private static final List<Double> POINTS = List.of(0.0, 1.0, -1.0);

  private static final List<Double> MORE_POINTS =
      List.of(0.0, 3.0 / 4, -3.0 / 4, 4.0 / 3, -4.0 / 3);

  /**
   * The algorithm.
   *
   * @throws IllegalArgumentException where it needs more points than there are
   */
  static CookToom of(int outputs, int taps) {
    int finite = outputs + taps - 2;
    List<Double> points = finite <= POINTS.size() ? POINTS.subList(0, finite) : MORE_POINTS;
    if (points.size() != finite) {
      throw new IllegalArgumentException(
          "there are no points for F(%d, %d)".formatted(outputs, taps));
    }
    List<List<Double>> at = new ArrayList<>();
    for (int i = 0; i < outputs; i++) {
      List<Double> row = powersOfEach(points, i);
      row.add(i == outputs - 1 ? 1.0 : 0.0);
      at.add(row);
    }
    List<List<Double>> g = new ArrayList<>();
    List<List<Double>> bt = new ArrayList<>();
    for (double point : points) {
      List<Double> others = new ArrayList<>(points);
      others.remove(point);
      double scale = others.stream().reduce(1.0, (product, other) -> product * (point - other));
      List<Double> row = new ArrayList<>();
      for (int tap = 0; tap < taps; tap++) {
        row.add(Math.pow(point, tap) / scale);
      }
      g.add(row);
      List<Double> polynomial = polynomial(others);
      polynomial.add(0.0);
      bt.add(polynomial);
    }
    List<Double> last = new ArrayList<>();
    for (int tap = 0; tap < taps; tap++) {
      last.add(tap == taps - 1 ? 1.0 : 0.0);
    }
    g.add(last);
    bt.add(polynomial(points));
    return new CookToom(at, g, bt);
  }

  /** How many products there are. */
  int products() {
    return bt.size();
  }

  private static List<Double> powersOfEach(List<Double> points, int exponent) {
    List<Double> powers = new ArrayList<>();
    points.forEach(point -> powers.add(Math.pow(point, exponent)));
    return powers;
  }

  /** The coefficients, from the constant one on, of the product of all {@code x - root}. */
  private static List<Double> polynomial(List<Double> roots) {
    List<Double> coefficients = new ArrayList<>(List.of(1.0));
    for (double root : roots) {
      List<Double> product = new ArrayList<>();
      for (int i = 0; i <= coefficients.size(); i++) {
        double shifted = i > 0 ? coefficients.get(i - 1) : 0;
        double scaled = i < coefficients.size() ? root * coefficients.get(i) : 0;
        product.add(shifted - scaled);
      }
      coefficients = product;
    }
    return coefficients;
  }
}
