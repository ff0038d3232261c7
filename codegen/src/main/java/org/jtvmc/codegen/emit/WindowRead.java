package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Stmt;

/**
 * An operand of a window that moves along the lanes: {@code buffer[.., lane + shift]}, or that
 * where it lies inside the padding and zero elsewhere.
 *
 * @param expr the whole of it
 * @param conditions all of which an element that is read meets
 */
record WindowRead(PrimExpr expr, Load load, List<Compare> conditions) {

  WindowRead {
    conditions = List.copyOf(conditions);
  }

  /** What the instruction that shuffles works on. */
  private static final int LANE_BITS = 32;

  /** What decides for all lanes at once whether a row is read: {@code value op 0}. */
  record RowTest(Compare.Op op, Affine value) {}

  /**
   * Where the lanes are at one place of the emission.
   *
   * @param row the first element of the row
   * @param first which of the row's elements is lane 0's
   * @param lanes how many there are
   * @param alive which of them are inside
   * @param tests which must hold for the row to be read
   */
  record Place(Affine row, int first, int lanes, BitSet alive, List<RowTest> tests) {}

  /** The only operand of {@code value} that moves with the lanes of {@code loop}, if so it is. */
  static Optional<WindowRead> in(PrimExpr value, Stmt.For loop) {
    List<WindowRead> found = new ArrayList<>();
    collect(value, loop, found);
    return found.size() == 1 && found.getFirst().isDense()
        ? Optional.of(found.getFirst())
        : Optional.empty();
  }

  private static void collect(PrimExpr expr, Stmt.For loop, List<WindowRead> found) {
    if (!PrimExprs.uses(expr, loop.var())) {
      return;
    }
    List<Compare> conditions = new ArrayList<>();
    if (expr instanceof Load load) {
      found.add(new WindowRead(load, load, List.of()));
    } else if (expr instanceof Select(PrimExpr condition, Load load, PrimExpr otherwise)
        && isZero(otherwise)
        && flatten(condition, conditions)) {
      found.add(new WindowRead(expr, load, conditions));
    } else {
      PrimExprs.children(expr).forEach(child -> collect(child, loop, found));
    }
  }

  private static boolean flatten(PrimExpr condition, List<Compare> conditions) {
    if (condition instanceof Compare compare && IndexAnalysis.isIndex(compare.left())) {
      return conditions.add(compare);
    }
    return condition instanceof Binary(BinaryOp op, PrimExpr left, PrimExpr right)
        && op == BinaryOp.AND
        && flatten(left, conditions)
        && flatten(right, conditions);
  }

  private static boolean isZero(PrimExpr expr) {
    return IntImm.is(expr, 0)
        || (expr instanceof FloatImm imm && Double.doubleToRawLongBits(imm.value()) == 0);
  }

  /** True where neighbours in a row are neighbours in memory, of 32 bits there as in registers. */
  private boolean isDense() {
    return !load.indices().isEmpty()
        && !load.buffer().isSwizzled()
        && 8 * load.buffer().dtype().bytes() == LANE_BITS
        && IrTypes.registerBits(load.buffer().dtype()) == LANE_BITS
        && IntImm.is(load.buffer().strides().getLast(), 1);
  }

  /**
   * Where the lanes that are bound now are; empty where that is not known before the kernel runs,
   * or where nothing is read.
   *
   * @param lanes how many of them exist
   */
  Optional<Place> place(IndexAnalysis indices, int lanes) {
    Affine element = indices.affine(load.indices().getLast());
    List<PrimExpr> start = new ArrayList<>(load.indices());
    start.set(start.size() - 1, IntImm.of(0));
    Affine row = indices.offset(load.buffer(), start);
    if (!element.terms().isEmpty() || element.lane() != 1 || row.lane() != 0 || row.isVarying()) {
      return Optional.empty();
    }
    BitSet alive = new BitSet();
    alive.set(0, lanes);
    List<RowTest> tests = new ArrayList<>();
    for (Compare condition : conditions) {
      Optional<Boolean> known = indices.known(condition);
      if (known.isPresent()) {
        if (!known.get()) {
          return Optional.empty();
        }
        continue;
      }
      Affine value = indices.affine(condition.left()).minus(indices.affine(condition.right()));
      if (value.isVarying() || (value.lane() != 0 && !value.terms().isEmpty())) {
        return Optional.empty();
      }
      if (value.lane() == 0) {
        tests.add(new RowTest(condition.op(), value));
      }
      for (int lane = 0; lane < lanes && value.lane() != 0; lane++) {
        if (!condition.op().holds(Long.signum(value.constant() + lane * value.lane()))) {
          alive.clear(lane);
        }
      }
    }
    return Optional.of(new Place(row, Math.toIntExact(element.constant()), lanes, alive, tests));
  }
}
