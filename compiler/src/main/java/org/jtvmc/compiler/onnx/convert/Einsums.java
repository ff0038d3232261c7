package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/**
 * Einsum as batched matrix products: operands are taken in from left to right, and of each pair the
 * shared indices that nobody needs any more become the product's inner dimension.
 */
final class Einsums {

  /** Stands for the dimensions of an ellipsis, counted from the last; no letter of an equation. */
  private static final char ELLIPSIS = '\u2460';

  private Einsums() {}

  static List<Conversion> all() {
    return List.of(Conversion.of("Einsum", Einsums::einsum));
  }

  /** A value and the index of each of its dimensions, all different. */
  private record Term(Expr value, String indices) {}

  private static Expr einsum(OnnxNode node) {
    var equation = node.text("equation", "").replace(" ", "");
    var sides = equation.split("->", -1);
    var operands = sides[0].split(",", -1);
    if (sides.length > 2 || operands.length != node.inputCount()) {
      throw node.fault(
          "has the equation '%s' for %d inputs".formatted(equation, node.inputCount()));
    }
    var terms = new ArrayList<Term>();
    for (int i = 0; i < operands.length; i++) {
      terms.add(term(node, operands[i], i));
    }
    var result = sides.length == 2 ? spelledOut(sides[1], terms) : implied(terms);
    var sizes = sizes(node, terms);
    var left = terms.getFirst();
    for (int i = 1; i < terms.size(); i++) {
      var wanted = new StringBuilder(result);
      terms.subList(i + 1, terms.size()).forEach(later -> wanted.append(later.indices));
      left = product(node, left, terms.get(i), wanted.toString(), sizes);
    }
    left = sumOthers(node, left, result);
    if (left.indices.length() != result.length()) {
      throw node.fault("has an index in the result of '%s' that no input has".formatted(equation));
    }
    return transposed(node, left, result);
  }

  private static Term term(OnnxNode node, String subscripts, int input) {
    int ellipsis = node.rank(input) - (subscripts.replace("...", "").length());
    var indices =
        subscripts.contains("...") && ellipsis >= 0
            ? subscripts.replace("...", ellipsis(ellipsis))
            : subscripts;
    if (indices.length() != node.rank(input)) {
      throw node.fault(
          "has the subscripts '%s' for an input of %d dimensions, which is not supported"
              .formatted(subscripts, node.rank(input)));
    }
    return diagonal(node, new Term(node.input(input), indices));
  }

  /** An index that occurs twice stands for the diagonal. */
  private static Term diagonal(OnnxNode node, Term term) {
    Composer c = new Composer(node);
    for (int first = 0; first < term.indices.length(); first++) {
      int second = term.indices.indexOf(term.indices.charAt(first), first + 1);
      if (second < 0) {
        continue;
      }
      int rank = term.indices.length();
      long size = c.size(term.value, first);
      Expr moved = c.moveAxis(c.moveAxis(term.value, second, rank - 1), first, rank - 2);
      List<Long> shape = new ArrayList<>(c.sizes(moved).subList(0, rank - 2));
      shape.add(size * size);
      Expr flat = node.reshape(moved, shape);
      Expr picked = c.slice(flat, rank - 2L, 0, size * size, size + 1);
      String letter = term.indices.substring(first, first + 1);
      return diagonal(node, new Term(picked, term.indices.replace(letter, "") + letter));
    }
    return term;
  }

  private static String ellipsis(int dimensions) {
    var text = new StringBuilder();
    for (int i = dimensions; i > 0; i--) {
      text.append((char) (ELLIPSIS + i));
    }
    return text.toString();
  }

  private static String spelledOut(String subscripts, List<Term> terms) {
    return subscripts.replace("...", ellipsis(ellipsisRank(terms)));
  }

  private static int ellipsisRank(List<Term> terms) {
    return terms.stream()
        .mapToInt(term -> (int) term.indices.chars().filter(c -> c > ELLIPSIS).count())
        .max()
        .orElse(0);
  }

  /**
   * Without a right side: the ellipsis, then every letter that occurs once, in the alphabet's
   * order.
   */
  private static String implied(List<Term> terms) {
    var counts = new TreeMap<Character, Integer>();
    terms.forEach(
        term -> term.indices.chars().forEach(c -> counts.merge((char) c, 1, Integer::sum)));
    var result = new StringBuilder(ellipsis(ellipsisRank(terms)));
    counts.forEach(
        (index, count) -> {
          if (count == 1 && index < ELLIPSIS) {
            result.append(index);
          }
        });
    return result.toString();
  }

  private static Map<Character, Long> sizes(OnnxNode node, List<Term> terms) {
    var sizes = new HashMap<Character, Long>();
    for (var term : terms) {
      for (int i = 0; i < term.indices.length(); i++) {
        long size = node.size(node.type(term.value).dim(i));
        var before = sizes.put(term.indices.charAt(i), size);
        if (before != null && before != size) {
          throw node.fault(
              "has an index with the sizes %d and %d, which is not supported"
                  .formatted(before, size));
        }
      }
    }
    return sizes;
  }

  private static Term product(
      OnnxNode node, Term left, Term right, String wanted, Map<Character, Long> sizes) {
    var a = sumOthers(node, left, wanted + right.indices);
    var b = sumOthers(node, right, wanted + left.indices);
    var shared = filter(a.indices, b.indices, true);
    var batch = filter(shared, wanted, true);
    var inner = filter(shared, wanted, false);
    var rows = filter(a.indices, b.indices, false);
    var columns = filter(b.indices, a.indices, false);
    var matrixA = grouped(node, a, List.of(batch, rows, inner), sizes);
    var matrixB = grouped(node, b, List.of(batch, inner, columns), sizes);
    var product = node.call("nn.matmul", matrixA, matrixB);
    var indices = batch + rows + columns;
    return new Term(
        node.reshape(product, indices.chars().mapToObj(c -> sizes.get((char) c)).toList()),
        indices);
  }

  /** The indices that the others have, or those that they have not. */
  private static String filter(String indices, String others, boolean present) {
    var kept = new StringBuilder();
    indices
        .chars()
        .filter(c -> (others.indexOf(c) >= 0) == present)
        .forEach(c -> kept.append((char) c));
    return kept.toString();
  }

  private static Expr grouped(
      OnnxNode node, Term term, List<String> groups, Map<Character, Long> sizes) {
    var ordered = transposed(node, term, String.join("", groups));
    var shape =
        groups.stream()
            .map(
                group ->
                    group
                        .chars()
                        .mapToObj(c -> sizes.get((char) c))
                        .reduce(1L, Math::multiplyExact))
            .toList();
    return node.reshape(ordered, shape);
  }

  private static Term sumOthers(OnnxNode node, Term term, String wanted) {
    var axes = new ArrayList<Long>();
    for (int i = 0; i < term.indices.length(); i++) {
      if (wanted.indexOf(term.indices.charAt(i)) < 0) {
        axes.add((long) i);
      }
    }
    return axes.isEmpty()
        ? term
        : new Term(
            node.call(
                "sum", Attributes.builder().put("axes", axes).put("keepdims", false), term.value),
            filter(term.indices, wanted, true));
  }

  private static Expr transposed(OnnxNode node, Term term, String order) {
    if (term.indices.equals(order)) {
      return term.value;
    }
    var axes = order.chars().mapToObj(c -> (long) term.indices.indexOf(c)).toList();
    return node.call("transpose", Attributes.builder().put("axes", axes), term.value);
  }
}
