package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.type.DType;

/**
 * Loops of a reduction around products of tiles, each of which AMX does with one instruction:
 *
 * <pre>
 *   for k { unrolled for r { unrolled for c {
 *     for i in 0..16 { for p in 0..16 { vectorized for j in 0..16 {
 *       sum[.., i, j] = sum[.., i, j] + (wide(a[i, 2 p]) * wide(b[p, j, 0]) + ...) } } } } }
 * </pre>
 *
 * @param reduction the loops around all, outermost first, which no place of a sum depends on
 * @param body the innermost of those loops' body: unrolled loops and sequences of {@link Nest}
 * @param first the first of those
 */
public record TileProduct(List<Stmt.For> reduction, Stmt body, Nest first) {
  /** The rows of a tile register, and the words of 32 bits of a row. */
  static final int SIZE = 16;

  public TileProduct {
    reduction = List.copyOf(reduction);
  }

  /**
   * One product of tiles.
   *
   * @param row the loop over the rows; empty for one row
   * @param lefts the elements of a word whose row is walked
   * @param rights those whose column is walked
   */
  public record Nest(
      Optional<Stmt.For> row,
      Stmt.For word,
      Stmt.For column,
      Stmt.Store store,
      List<Load> lefts,
      List<Load> rights) {

    public Nest {
      lefts = List.copyOf(lefts);
      rights = List.copyOf(rights);
    }

    Load left() {
      return lefts.getFirst();
    }

    Load right() {
      return rights.getFirst();
    }

    int rows() {
      return row.map(loop -> (int) length(loop)).orElse(1);
    }

    int words() {
      return (int) length(word);
    }

    /** The nest that {@code loop} is, for a target with the instruction for it. */
    static Optional<Nest> of(Stmt.For loop, InstructionSet target) {
      boolean hasRows = loop.body() instanceof Stmt.For inner && inner.kind() == ForKind.SERIAL;
      Stmt.For word = hasRows ? (Stmt.For) loop.body() : loop;
      if (isTileLoop(loop)
          && isTileLoop(word)
          && word.body() instanceof Stmt.For column
          && column.kind() == ForKind.VECTORIZED
          && IntImm.is(column.min(), 0)
          && IntImm.is(column.extent(), SIZE)
          && column.body() instanceof Stmt.Store store
          && store.buffer().scope() == Scope.LOCAL) {
        Optional<Stmt.For> row = hasRows ? Optional.of(loop) : Optional.empty();
        return of(row, word, column, store, target);
      }
      return Optional.empty();
    }

    private static Optional<Nest> of(
        Optional<Stmt.For> row,
        Stmt.For word,
        Stmt.For column,
        Stmt.Store store,
        InstructionSet target) {
      Optional<DotProduct> dot =
          LaneReduction.match(store).map(LaneReduction::accumulator).stream()
              .flatMap(sum -> DotProduct.match((Binary) store.value()).stream())
              .filter(found -> found.accumulator() instanceof Load)
              .findFirst();
      if (dot.isEmpty()) {
        return Optional.empty();
      }
      boolean inOrder = uses(dot.get().right().getFirst().indices(), column.var());
      List<Load> lefts = inOrder ? dot.get().left() : dot.get().right();
      List<Load> rights = inOrder ? dot.get().right() : dot.get().left();
      Load left = lefts.getFirst();
      Load right = rights.getFirst();
      boolean separate =
          !uses(left.indices(), column.var())
              && uses(right.indices(), column.var())
              && (row.isEmpty() || !uses(right.indices(), row.get().var()))
              && !uses(store.indices(), word.var())
              && row.map(loop -> uses(store.indices(), loop.var())).orElse(true);
      return separate && instruction(left.dtype(), right.dtype(), target).isPresent()
          ? Optional.of(new Nest(row, word, column, store, lefts, rights))
          : Optional.empty();
    }

    private static boolean isTileLoop(Stmt.For loop) {
      return loop.kind() == ForKind.SERIAL
          && IntImm.is(loop.min(), 0)
          && loop.extent() instanceof IntImm extent
          && extent.value() <= SIZE;
    }
  }

  /** The name of LLVM's intrinsic; empty where the target has none. */
  static Optional<String> instruction(DType left, DType right, InstructionSet target) {
    boolean floats = left.equals(DType.BF16) && right.equals(DType.BF16);
    String feature = floats ? "amx-bf16" : "amx-int8";
    if (!target.isX86()
        || !target.features().contains("amx-tile")
        || !target.features().contains(feature)) {
      return Optional.empty();
    }
    return Optional.of(
        floats ? "llvm.x86.tdpbf16ps" : "llvm.x86.tdpb" + letter(left) + letter(right) + "d");
  }

  private static String letter(DType dtype) {
    return dtype.equals(DType.U8) ? "u" : "s";
  }

  /** The product that {@code loop} is, for a target that does it with tile registers. */
  public static Optional<TileProduct> of(Stmt.For loop, InstructionSet target) {
    if (!target.features().contains("amx-tile")) {
      return Optional.empty();
    }
    List<Stmt.For> reduction = new ArrayList<>();
    Stmt body = loop;
    while (body instanceof Stmt.For serial
        && serial.kind() == ForKind.SERIAL
        && Nest.of(serial, target).isEmpty()) {
      reduction.add(serial);
      body = serial.body();
    }
    List<Nest> nests = new ArrayList<>();
    if (!collect(body, target, nests) || nests.isEmpty()) {
      return Optional.empty();
    }
    Set<PrimVar> serial = new HashSet<>();
    reduction.forEach(outer -> serial.add(outer.var()));
    Buffer sums = nests.getFirst().store.buffer();
    boolean fixed =
        nests.stream()
            .allMatch(
                nest ->
                    nest.store.buffer() == sums
                        && nest.words() == nests.getFirst().words()
                        && nest.left().dtype().equals(nests.getFirst().left().dtype())
                        && nest.right().dtype().equals(nests.getFirst().right().dtype())
                        && serial.stream().noneMatch(var -> uses(nest.store.indices(), var)));
    return fixed
        ? Optional.of(new TileProduct(reduction, body, nests.getFirst()))
        : Optional.empty();
  }

  /** All loops inside those of the reduction. */
  List<Stmt.For> inner() {
    List<Stmt.For> inner = new ArrayList<>();
    Stmts.forEach(
        body,
        stmt -> {
          if (stmt instanceof Stmt.For loop) {
            inner.add(loop);
          }
        });
    return inner;
  }

  /** Where the sums lie. */
  Buffer sums() {
    return first.store.buffer();
  }

  private static boolean collect(Stmt stmt, InstructionSet target, List<Nest> nests) {
    return switch (stmt) {
      case Stmt.Seq(List<Stmt> statements) ->
          statements.stream().allMatch(part -> collect(part, target, nests));
      case Stmt.For loop when loop.kind() == ForKind.UNROLLED ->
          loop.extent() instanceof IntImm && collect(loop.body(), target, nests);
      case Stmt.For loop -> {
        Optional<Nest> nest = Nest.of(loop, target);
        nest.ifPresent(nests::add);
        yield nest.isPresent();
      }
      case Stmt.Store _, Stmt.Allocate _, Stmt.If _, Stmt.Evaluate _ -> false;
    };
  }

  static boolean uses(List<PrimExpr> indices, PrimVar variable) {
    return indices.stream().anyMatch(index -> PrimExprs.uses(index, variable));
  }

  static long length(Stmt.For loop) {
    return ((IntImm) loop.extent()).value();
  }
}
