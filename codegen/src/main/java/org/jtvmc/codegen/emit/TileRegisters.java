package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.emit.TileConfiguration.Shape;

/**
 * Which of AMX's eight tile registers holds what while products of tiles are added up. Each sum has
 * one of its own. So have operands; where there are too few for that, the left or the right ones
 * take turns.
 *
 * @param order the multiplications in the order in which operands that take turns are there
 * @param left registers for the left operands
 * @param right those for the right ones
 */
record TileRegisters(List<Multiplication> order, int sums, int left, int right, int words) {
  private static final int REGISTERS = 8;

  /**
   * A multiplication, with the operands' places.
   *
   * @param rows of the sum and the left operand
   */
  record Multiplication(int rows, Affine sum, Affine left, Affine right) {}

  TileRegisters {
    order = List.copyOf(order);
  }

  /**
   * The registers for these multiplications; empty where there are too few.
   *
   * @param words of 32 bits in a row of the left operand
   */
  static Optional<TileRegisters> of(List<Multiplication> all, int words) {
    int sums = (int) all.stream().map(Multiplication::sum).distinct().count();
    int lefts = (int) all.stream().map(Multiplication::left).distinct().count();
    int rights = (int) all.stream().map(Multiplication::right).distinct().count();
    boolean sameRows = all.stream().map(Multiplication::rows).distinct().count() == 1;
    int free = REGISTERS - sums;
    if (sums < all.size()) {
      return Optional.empty();
    }
    if (lefts + rights <= free) {
      return Optional.of(new TileRegisters(all, sums, lefts, rights, words));
    }
    if (lefts < free) {
      List<Affine> places = all.stream().map(Multiplication::right).distinct().toList();
      List<Multiplication> order = new ArrayList<>(all);
      order.sort(Comparator.comparingInt(each -> places.indexOf(each.right)));
      return Optional.of(new TileRegisters(order, sums, lefts, free - lefts, words));
    }
    if (rights < free && sameRows) {
      List<Affine> places = all.stream().map(Multiplication::left).distinct().toList();
      List<Multiplication> order = new ArrayList<>(all);
      order.sort(Comparator.comparingInt(each -> places.indexOf(each.left)));
      return Optional.of(new TileRegisters(order, sums, free - rights, rights, words));
    }
    return Optional.empty();
  }

  /** The shapes of all registers in use, by number: of sums, left operands and right ones. */
  List<Shape> shapes() {
    List<Shape> shapes = new ArrayList<>();
    order.forEach(each -> shapes.add(new Shape(each.rows, TileProduct.SIZE)));
    List<Affine> places = order.stream().map(Multiplication::left).distinct().toList();
    for (int i = 0; i < left; i++) {
      Affine place = places.get(i);
      int rows = order.stream().filter(each -> each.left.equals(place)).findFirst().get().rows;
      shapes.add(new Shape(rows, words));
    }
    for (int i = 0; i < right; i++) {
      shapes.add(new Shape(words, TileProduct.SIZE));
    }
    return shapes;
  }
}
