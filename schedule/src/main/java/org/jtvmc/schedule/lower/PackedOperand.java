package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jtvmc.ir.arith.Interval;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.arith.VarRanges;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Packing;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * One operand in the order in which its reader's loops read it.
 *
 * <p>The element read is a sum of multiples of atoms: loop variables, and the digits ({@code f //
 * 8}, {@code f % 8}) of fused ones. Each atom that is not fixed outside of where the copy is made
 * becomes a dimension of the copy, outer loops before inner ones.
 */
final class PackedOperand {

  /** One dimension of the copy: {@code atom - min} is its index. */
  private record Dimension(PrimExpr atom, long min, long extent, int depth, long divisor) {}

  private final Packing packing;
  private final List<LinearForm> element;
  private final List<Dimension> dimensions;

  /** How many of them, the last ones, are the elements of a row; 0 where rows are not merged. */
  private final int ofRow;

  private final Buffer buffer;

  /**
   * @param element the indices that the reader reads
   * @param depths the nesting depths of loop variables, for those that run inside the copy's place
   * @param line of so many elements that are copied as rows, where they are: the copy then has no
   *     other dimensions than rows and the elements of each
   */
  PackedOperand(
      Packing packing,
      Stage reader,
      List<LinearForm> element,
      Map<PrimVar, Integer> depths,
      Scope scope,
      OptionalLong line,
      Simplifier simplifier) {
    this.packing = packing;
    this.element = element;
    this.dimensions = new ArrayList<>();
    for (LinearForm index : element) {
      for (int i = 0; i < index.size(); i++) {
        addDimension(index.atom(i), reader, depths, simplifier);
      }
    }
    dimensions.sort(
        Comparator.comparingInt(Dimension::depth)
            .thenComparing(Comparator.comparingLong(Dimension::divisor).reversed()));
    this.ofRow = line.isPresent() ? dimensionsOf(line.getAsLong()) : 0;
    List<PrimExpr> shape = new ArrayList<>();
    dimensions.forEach(d -> shape.add(IntImm.of(d.extent)));
    this.buffer = Buffer.dense(packing.id(), packing.tensor().dtype(), merged(shape), scope);
  }

  /** How many of the last dimensions have so many elements together; 0 where none have. */
  private int dimensionsOf(long elements) {
    long all = 1;
    for (int count = 1; count < dimensions.size() && all < elements; count++) {
      all *= dimensions.get(dimensions.size() - count).extent;
      if (all == elements) {
        return count;
      }
    }
    return 0;
  }

  private List<PrimExpr> merged(List<PrimExpr> shape) {
    int rows = shape.size() - ofRow;
    return ofRow == 0
        ? shape
        : List.of(product(shape.subList(0, rows)), product(shape.subList(rows, shape.size())));
  }

  private static PrimExpr product(List<PrimExpr> sizes) {
    return sizes.stream().reduce(IntImm.of(1), PrimExpr::times);
  }

  /** The copy's indices for those of its dimensions. */
  private List<PrimExpr> mergedIndices(List<PrimExpr> indices) {
    int rows = indices.size() - ofRow;
    return ofRow == 0
        ? indices
        : List.of(position(indices, 0, rows), position(indices, rows, indices.size()));
  }

  private PrimExpr position(List<PrimExpr> indices, int from, int to) {
    PrimExpr position = IntImm.of(0);
    for (int i = from; i < to; i++) {
      position = position.times(dimensions.get(i).extent).plus(indices.get(i));
    }
    return position;
  }

  private void addDimension(
      PrimExpr atom, Stage reader, Map<PrimVar, Integer> depths, Simplifier simplifier) {
    if (dimensions.stream().anyMatch(d -> d.atom.equals(atom))) {
      return;
    }
    boolean[] readsTensor = new boolean[1];
    int[] depth = {-1};
    PrimExprs.forEach(
        atom,
        node -> {
          readsTensor[0] |= node instanceof Read || node instanceof Load;
          if (node instanceof PrimVar variable) {
            depth[0] = Math.max(depth[0], depths.getOrDefault(variable, -1));
          }
        });
    Interval range = simplifier.bounds(LinearForm.atom(atom));
    boolean open = depth[0] >= 0 && simplifier.isOpen(atom);
    if (readsTensor[0] || !range.isFinite() || open) {
      throw new ScheduleException(
          "'%s' cannot be packed: where stage '%s' reads it depends on %s, which is no loop"
              .formatted(packing.id(), reader.id(), atom),
          reader);
    }
    if (depth[0] >= 0) {
      dimensions.add(new Dimension(atom, range.min(), range.size(), depth[0], divisor(atom)));
    }
  }

  private static long divisor(PrimExpr atom) {
    if (atom instanceof Binary(BinaryOp op, PrimExpr inner, IntImm by)) {
      return op == BinaryOp.FLOOR_DIVIDE
          ? by.value()
          : op == BinaryOp.FLOOR_MODULO ? divisor(inner) : 1;
    }
    return 1;
  }

  Tensor tensor() {
    return packing.tensor();
  }

  Buffer buffer() {
    return buffer;
  }

  boolean reads(List<LinearForm> other) {
    for (int i = 0; i < element.size(); i++) {
      LinearForm a = element.get(i);
      LinearForm b = other.get(i);
      if (!a.sameTerms(b) || a.constant() != b.constant()) {
        return false;
      }
    }
    return true;
  }

  /** What the reader reads. */
  PrimExpr load() {
    return new Load(buffer, indices());
  }

  /** Where the reader reads it. */
  List<PrimExpr> indices() {
    List<PrimExpr> indices = new ArrayList<>();
    for (Dimension dimension : dimensions) {
      indices.add(LinearForm.atom(dimension.atom).plus(-dimension.min).toExpr());
    }
    return mergedIndices(indices);
  }

  /** The loops that make the copy in a function of its own. */
  Stmt copy(Storage original) {
    VarRanges ranges = new VarRanges();
    return copy(original, ForKind.SERIAL, ranges, new Simplifier(ranges));
  }

  /**
   * The loops that make the copy.
   *
   * @param original where the tensor's elements lie
   * @param outermost how the outermost loop runs
   */
  Stmt copy(Storage original, ForKind outermost, VarRanges ranges, Simplifier simplifier) {
    Map<PrimExpr, PrimVar> variables = new IdentityHashMap<>();
    List<PrimExpr> indices = new ArrayList<>();
    for (Dimension dimension : dimensions) {
      PrimVar variable = PrimVar.index("p" + indices.size());
      ranges.with(variable, dimension.extent);
      variables.put(dimension.atom, variable);
      indices.add(variable);
    }
    List<LinearForm> source = new ArrayList<>(element.size());
    PrimExpr inside = IntImm.TRUE;
    for (int axis = 0; axis < element.size(); axis++) {
      LinearForm index = overCopy(element.get(axis), variables);
      source.add(index);
      LinearForm extent = simplifier.linear(tensor().dim(axis));
      inside =
          inside
              .and(simplifier.compare(Compare.Op.GREATER_EQUAL, index))
              .and(simplifier.compare(Compare.Op.LESS, index.minus(extent)));
    }
    PrimExpr zero = IntImm.of(tensor().dtype(), 0);
    List<PrimExpr> places = mergedIndices(indices);
    Stmt body = new Stmt.Store(buffer, places, original.load(source));
    if (!IntImm.is(inside, 1)) {
      Stmt outside = new Stmt.Store(buffer, places, zero);
      body = new Stmt.If(inside, body, Optional.of(outside), true);
    }
    for (int i = dimensions.size() - 1; i >= 0; i--) {
      Dimension dimension = dimensions.get(i);
      ForKind kind = i == 0 ? outermost : ForKind.SERIAL;
      body =
          new Stmt.For(
              (PrimVar) indices.get(i), IntImm.of(0), IntImm.of(dimension.extent), kind, body);
    }
    return body;
  }

  /** The form with the copy's loop variables in the place of its dimensions' atoms. */
  private LinearForm overCopy(LinearForm form, Map<PrimExpr, PrimVar> variables) {
    LinearForm result = LinearForm.constant(form.constant());
    for (int i = 0; i < form.size(); i++) {
      PrimExpr atom = form.atom(i);
      LinearForm value = LinearForm.atom(atom);
      for (Dimension dimension : dimensions) {
        if (dimension.atom.equals(atom)) {
          value = LinearForm.atom(variables.get(dimension.atom)).plus(dimension.min);
        }
      }
      result = result.plus(value, form.coefficient(i));
    }
    return result;
  }
}
