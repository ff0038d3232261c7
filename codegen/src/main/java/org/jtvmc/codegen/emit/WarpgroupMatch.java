package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongUnaryOperator;
import org.jtvmc.codegen.emit.WarpgroupProduct.Operand;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.type.DType;

/** Finds out whether loops are a {@link WarpgroupProduct}. */
final class WarpgroupMatch {
  private static final int ROWS_OF_WARP = 16;
  private static final int WARPS = WarpgroupProduct.THREADS / CudaTarget.WARP;

  /** Rows of a group of lanes: a thread's second row is so many below its first. */
  private static final long ROWS_OF_LANES = 8;

  private final EmitContext context;
  private final ThreadTerms threads;

  WarpgroupMatch(EmitContext context, ThreadTerms threads) {
    this.context = context;
    this.threads = threads;
  }

  /** The product that a loop does, if it is one. */
  Optional<WarpgroupProduct> of(Stmt.For loop) {
    boolean groups = threads.count() > 0 && threads.count() % WarpgroupProduct.THREADS == 0;
    return groups
        ? ProductLoops.of(loop, context)
            .filter(
                loops ->
                    loops.first().buffer().isSwizzled() && loops.second().buffer().isSwizzled())
            .flatMap(this::of)
        : Optional.empty();
  }

  private Optional<WarpgroupProduct> of(ProductLoops loops) {
    return of(loops, loops.first(), loops.second())
        .or(() -> of(loops, loops.second(), loops.first()));
  }

  /** What the loops read of one operand. */
  private static final class Side {
    private SwizzledPlace first;

    /** How far each row (column) of a thread is from its first; the product's number is 0. */
    private final List<Long> distances = new ArrayList<>();

    /** True where a row's products lie side by side. */
    private boolean alongColumns;
  }

  private record Element(long row, long column) {}

  private Optional<WarpgroupProduct> of(ProductLoops loops, Load left, Load right) {
    Optional<Side> rows = side(loops, left);
    Optional<Side> columns = side(loops, right);
    if (rows.isEmpty() || columns.isEmpty()) {
      return Optional.empty();
    }
    Map<Element, Affine> results = new HashMap<>();
    boolean[] constant = {true};
    loops.forEachElement(
        context,
        () -> {
          try (var _ = loops.bindProduct(context, 0)) {
            Affine place = context.indices.offset(loops.store().buffer(), loops.store().indices());
            constant[0] &= place.isConstant();
            results.put(
                new Element(distance(rows.get(), left), distance(columns.get(), right)), place);
          }
        });
    List<Long> ownRows = rows.get().distances.stream().distinct().sorted().toList();
    List<Long> ownColumns = columns.get().distances.stream().distinct().sorted().toList();
    int depth = loops.depth();
    int width = ownColumns.size() / 2 * WarpgroupProduct.COLUMNS_OF_LANES;
    boolean grid =
        constant[0]
            && results.size() == ownRows.size() * ownColumns.size()
            && depth % (WarpProduct.STEP_BYTES / left.dtype().bytes()) == 0
            && isWidth(width, left.dtype());
    Optional<Operand> a = operand(rows.get(), left, WarpgroupMatch::rowOfThread, true);
    Optional<Operand> b = operand(columns.get(), right, t -> t % 4 * 2, false);
    if (!grid || !arePairs(ownRows) || !areColumns(ownColumns) || a.isEmpty() || b.isEmpty()) {
      return Optional.empty();
    }
    List<Long> tiles = new ArrayList<>();
    List<List<Affine>> places = new ArrayList<>();
    for (int tile = 0; tile < ownRows.size(); tile += 2) {
      tiles.add(ownRows.get(tile));
      List<Affine> own = new ArrayList<>();
      for (int register = 0; register < width / 2; register++) {
        long row = ownRows.get(tile + register / 2 % 2);
        own.add(results.get(new Element(row, ownColumns.get(register / 4 * 2 + register % 2))));
      }
      places.add(own);
    }
    boolean begins = isAligned(a.get(), tiles) && isAligned(b.get(), List.of(0L));
    return begins
        ? Optional.of(
            new WarpgroupProduct(
                a.get(), b.get(), loops.store().buffer(), tiles, width, places, depth))
        : Optional.empty();
  }

  private static long rowOfThread(long thread) {
    long warp = thread / CudaTarget.WARP % WARPS;
    return ROWS_OF_WARP * warp + thread % CudaTarget.WARP / WarpProduct.THREADS_OF_ROW;
  }

  /** Bytes are multiplied by some multiples of 8 columns, and by multiples of 16. */
  private static boolean isWidth(int columns, DType dtype) {
    boolean wide = columns % (2 * WarpgroupProduct.COLUMNS_OF_LANES) == 0;
    return columns > 0
        && columns <= WarpgroupProduct.MOST_COLUMNS
        && (dtype.bytes() > 1 || wide || columns <= CudaTarget.WARP);
  }

  private SwizzledPlace place(Load load) {
    return SwizzledPlace.of(load.buffer(), load.indices(), context.indices);
  }

  /**
   * What the loops read of {@code load}; empty where products are not beside or below each other.
   */
  private Optional<Side> side(ProductLoops loops, Load load) {
    Side side = new Side();
    boolean[] plain = {true};
    loops.forEachElement(
        context,
        () -> {
          SwizzledPlace before = null;
          for (int i = 0; i < loops.depth() && plain[0]; i++) {
            try (var _ = loops.bindProduct(context, i)) {
              SwizzledPlace now = place(load);
              if (side.first == null) {
                side.first = now;
              }
              if (before != null) {
                boolean beside =
                    isOne(now.column(), before.column()) && now.row().equals(before.row());
                boolean below =
                    isOne(now.row(), before.row()) && now.column().equals(before.column());
                plain[0] &= beside || below;
                plain[0] &= (side.distances.isEmpty() && i == 1) || side.alongColumns == beside;
                side.alongColumns = beside;
              }
              before = now;
            }
          }
          if (plain[0]) {
            try (var _ = loops.bindProduct(context, 0)) {
              plain[0] = isApart(side, load);
              side.distances.add(plain[0] ? distance(side, load) : 0);
            }
          }
        });
    return plain[0] && side.first != null ? Optional.of(side) : Optional.empty();
  }

  private static boolean isOne(Affine now, Affine before) {
    Affine moved = now.minus(before);
    return moved.isConstant() && moved.constant() == 1;
  }

  private boolean isApart(Side side, Load load) {
    SwizzledPlace now = place(load);
    Affine rows = now.row().minus(side.first.row());
    Affine columns = now.column().minus(side.first.column());
    return rows.isConstant()
        && columns.isConstant()
        && (side.alongColumns ? columns : rows).constant() == 0;
  }

  private long distance(Side side, Load load) {
    SwizzledPlace now = place(load);
    return side.alongColumns
        ? now.row().minus(side.first.row()).constant()
        : now.column().minus(side.first.column()).constant();
  }

  /**
   * The operand without what the thread decides: its place in the group, and the group.
   *
   * @param ofThread the part of a row (column) that the thread's number in its group decides
   * @param byGroups true where groups have rows of their own
   */
  private Optional<Operand> operand(
      Side side, Load load, LongUnaryOperator ofThread, boolean byGroups) {
    SwizzledPlace first = side.first;
    Affine moving = side.alongColumns ? first.row() : first.column();
    Affine other = side.alongColumns ? first.column() : first.row();
    boolean turns = !side.alongColumns;
    boolean known =
        threads.separates(moving)
            && threads.separates(other)
            && threads.rest(other).equals(other)
            && (!turns || load.dtype().bytes() == 2);
    if (!known) {
      return Optional.empty();
    }
    long start = threads.part(moving, 0);
    long ofGroup =
        threads.count() > WarpgroupProduct.THREADS
            ? threads.part(moving, WarpgroupProduct.THREADS) - start
            : 0;
    for (long t = 0; t < threads.count(); t++) {
      long expected = ofThread.applyAsLong(t) + ofGroup * (t / WarpgroupProduct.THREADS);
      if (threads.part(moving, t) - start != expected) {
        return Optional.empty();
      }
    }
    if (!byGroups && ofGroup != 0) {
      return Optional.empty();
    }
    Affine begin = threads.rest(moving).plus(start);
    SwizzledPlace place =
        new SwizzledPlace(
            first.buffer(), first.rows(), turns ? other : begin, turns ? begin : other);
    return Optional.of(new Operand(place, turns, ofGroup));
  }

  private static boolean arePairs(List<Long> rows) {
    boolean pairs = rows.size() % 2 == 0;
    for (int i = 0; i < rows.size() && pairs; i += 2) {
      pairs = rows.get(i + 1) == rows.get(i) + ROWS_OF_LANES;
    }
    return pairs;
  }

  private static boolean areColumns(List<Long> columns) {
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i) != (long) i / 2 * WarpgroupProduct.COLUMNS_OF_LANES + i % 2) {
        return false;
      }
    }
    return columns.size() % 2 == 0;
  }

  /**
   * True where every tile begins with a line's first row of eight, or with a line; and the products
   * of a line with a whole number of what an instruction takes.
   */
  private static boolean isAligned(Operand operand, List<Long> tiles) {
    SwizzledPlace first = operand.first();
    long step = WarpProduct.STEP_BYTES / operand.dtype().bytes();
    long unit = operand.transposed() ? first.line() : SwizzledPlace.LINES;
    Affine begin = operand.transposed() ? first.column() : first.row();
    Affine other = operand.transposed() ? first.row() : first.column();
    return isMultiple(begin, unit)
        && operand.ofGroup() % unit == 0
        && tiles.stream().allMatch(tile -> tile % unit == 0)
        && (operand.transposed() ? isMultiple(other, SwizzledPlace.LINES) : other.isConstant())
        && (operand.transposed() || other.constant() % step == 0);
  }

  private static boolean isMultiple(Affine value, long unit) {
    return value.constant() % unit == 0
        && value.terms().values().stream().allMatch(factor -> factor % unit == 0);
  }
}
