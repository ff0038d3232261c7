package org.jtvmc.tuner.feature;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;

/**
 * The store statements of a kernel with their loops and memory accesses: what features and the
 * draft model are computed from. The loops are read as lowering leaves them, before code
 * generation's own passes.
 */
public final class LoopAnalysis {
  /** Nodes of a value that are walked through in all the places where they stand. */
  private static final int SMALL = 8000;

  private final List<Statement> statements = new ArrayList<>();
  private final List<LoopNode> loops = new ArrayList<>();
  private final Map<Buffer, Integer> allocations = new IdentityHashMap<>();
  private Stmt nest;
  private int guards;

  /** How many blocks are counted before a buffer says which is the last. */
  private final Map<Buffer, Integer> counted = new IdentityHashMap<>();

  private int blocksToCome = 1;

  private LoopAnalysis() {}

  /** Analyses a kernel. The time is linear in statements x loops x accesses. */
  public static LoopAnalysis of(PrimFunc function) {
    LoopAnalysis analysis = new LoopAnalysis();
    analysis.visitRoot(function.body());
    return analysis;
  }

  /** In the order of the program. */
  public List<Statement> statements() {
    return statements;
  }

  /** On a GPU each nest at the root is a launch. */
  private void visitRoot(Stmt stmt) {
    switch (stmt) {
      case Stmt.Allocate(Buffer buffer, Stmt body) when isOfAllLaunches(buffer) -> {
        allocations.put(buffer, 0);
        visitRoot(body);
      }
      case Stmt.Seq seq -> seq.statements().forEach(this::visitRoot);
      case Stmt.For _, Stmt.Store _, Stmt.Allocate _, Stmt.If _, Stmt.Evaluate _ -> {
        nest = stmt;
        visit(stmt);
      }
    }
  }

  private static boolean isOfAllLaunches(Buffer buffer) {
    return buffer.scope() == Scope.GLOBAL || buffer.scope() == Scope.COUNTER;
  }

  private void visit(Stmt stmt) {
    switch (stmt) {
      case Stmt.For loop -> {
        loops.add(new LoopNode(loop.var(), extent(loop.extent()), loop.kind(), loop.tag()));
        visit(loop.body());
        loops.removeLast();
      }
      case Stmt.Store store -> add(store);
      case Stmt.Allocate allocate -> {
        allocations.put(allocate.buffer(), loops.size());
        visit(allocate.body());
      }
      case Stmt.If branch -> {
        guards++;
        int before = blocksToCome;
        blocksToCome *= blocksToCome(branch.condition());
        visit(branch.then());
        blocksToCome = before;
        branch.otherwise().ifPresent(this::visit);
        guards--;
      }
      case Stmt.Seq seq -> seq.statements().forEach(this::visit);
      case Stmt.Evaluate(Effect.StartTile tile) -> visitTile(TileStores.of(tile));
      case Stmt.Evaluate(Effect.StartPixels pixels) -> visitTile(TileStores.of(pixels));
      case Stmt.Evaluate(Effect.CountBlock count) ->
          counted.put(count.last().buffer(), count.blocks());
      case Stmt.Evaluate _ -> {}
    }
  }

  /** The one thread that starts it takes no part in it. */
  private void visitTile(Stmt stores) {
    LoopNode one = loops.removeLast();
    visit(stores);
    loops.add(one);
  }

  private int blocksToCome(PrimExpr condition) {
    int[] blocks = {1};
    PrimExprs.forEach(
        condition,
        node -> {
          if (node instanceof Load load) {
            blocks[0] = Math.max(blocks[0], counted.getOrDefault(load.buffer(), 1));
          }
        });
    return blocks[0];
  }

  private void add(Stmt.Store store) {
    double[] extents = new double[loops.size()];
    Map<PrimVar, Integer> positions = new HashMap<>();
    for (int k = 0; k < extents.length; k++) {
      extents[k] = loops.get(k).extent();
      positions.put(loops.get(k).var(), k);
    }
    Map<Buffer, Access> accesses = new IdentityHashMap<>();
    List<Access> ordered = new ArrayList<>();
    OperationCounts all = new OperationCounts(true);
    OperationCounts values = new OperationCounts(false);
    Access target = new Access(store.buffer(), Access.Type.WRITE, extents);
    target.add(linear(store.indices(), positions, extents), Access.Type.WRITE, 1);
    accesses.put(store.buffer(), target);
    ordered.add(target);
    store.indices().forEach(all::count);
    List<PrimExpr> objects =
        PrimExprs.isLarger(store.value(), SMALL)
            ? PrimExprs.parentsFirst(store.value())
            : List.of();
    Map<PrimExpr, Integer> occurrences = occurrences(objects);
    if (objects.isEmpty()) {
      values.count(store.value());
    } else {
      values.countShared(objects);
    }
    if (values.masks() == 0) {
      all.add(values);
    } else if (objects.isEmpty()) {
      all.count(store.value());
    } else {
      all.countShared(objects);
    }
    Consumer<PrimExpr> reads =
        node -> {
          if (node instanceof Load load) {
            Access access =
                accesses.computeIfAbsent(
                    load.buffer(),
                    buffer -> {
                      Access created = new Access(buffer, Access.Type.READ, extents);
                      ordered.add(created);
                      return created;
                    });
            int times = occurrences.getOrDefault(load, 1);
            access.add(linear(load.indices(), positions, extents), Access.Type.READ, times);
            load.indices().forEach(index -> all.count(index, times));
          }
        };
    if (objects.isEmpty()) {
      PrimExprs.forEach(store.value(), reads);
    } else {
      objects.reversed().forEach(reads);
    }
    int depth = allocations.getOrDefault(store.buffer(), 0);
    Statement statement =
        new Statement(store, nest, loops, ordered, values, all, depth, guards, blocksToCome);
    statements.add(statement);
    double copies = 1;
    for (int k = extents.length - 1; k >= 0; k--) {
      LoopNode loop = loops.get(k);
      for (Access access : ordered) {
        loop.touch(access.buffer(), access.bytes(k + 1));
      }
      loop.addStatements(copies);
      copies *= loop.kind() == ForKind.UNROLLED ? extents[k] : 1;
    }
  }

  /**
   * How often each object of a value is evaluated, where one that stands in several places is
   * evaluated in each.
   *
   * @param objects all of the value, parents first
   */
  private static Map<PrimExpr, Integer> occurrences(List<PrimExpr> objects) {
    Map<PrimExpr, Integer> times = new IdentityHashMap<>(objects.size());
    for (PrimExpr node : objects) {
      // The value itself is the only one without a parent.
      int own = times.computeIfAbsent(node, _ -> 1);
      PrimExprs.children(node).forEach(child -> times.merge(child, own, Integer::sum));
    }
    return times;
  }

  private static List<LinearIndex> linear(
      List<PrimExpr> indices, Map<PrimVar, Integer> positions, double[] extents) {
    List<LinearIndex> linear = new ArrayList<>(indices.size());
    for (PrimExpr index : indices) {
      linear.add(LinearIndex.of(index, positions, extents));
    }
    return linear;
  }

  /** The extent; where it varies, the smaller side of a minimum, which is a tile's full size. */
  private static double extent(PrimExpr extent) {
    return switch (extent) {
      case IntImm imm -> Math.max(imm.value(), 0);
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right) when op == BinaryOp.MIN -> {
        double a = extent(left);
        double b = extent(right);
        yield left instanceof IntImm ? a : right instanceof IntImm ? b : Math.min(a, b);
      }
      case Binary(BinaryOp op, PrimExpr left, PrimExpr right) when op == BinaryOp.MAX ->
          Math.max(extent(left), extent(right));
      case PrimExpr _ -> 1;
    };
  }
}
