package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ScheduleException;

/**
 * One launch of two nests: see {@link org.jtvmc.schedule.step.JoinLaunch}. Blocks of the producer
 * that have the same number modulo the consumer's blocks make what the consumer's block of that
 * number reads.
 *
 * <pre>
 *   block b in 0..parts * tiles { part[b / tiles, tile b % tiles] = ... }
 *   block c in 0..tiles { out[tile c] = sum over p of part[p, tile c] }
 *
 *   block b in 0..parts * tiles {
 *     part[b / tiles, tile b % tiles] = ...
 *     last[0] = count_block counter[b % tiles] of parts
 *     if last[0] == 1 { out[tile b % tiles] = sum over p of part[p, tile b % tiles] }
 *   }
 * </pre>
 */
final class JoinedLaunch {

  /**
   * A nest at the root and what its blocks touch of the tensor that passes between the two.
   *
   * @param loops the nest as it was written out
   * @param block the variable of its loop over blocks; empty where it has one block
   * @param touched in terms of that variable
   */
  record Side(StageNest nest, Stmt loops, Optional<PrimVar> block, Region touched) {

    /** How many blocks there are. */
    long blocks() {
      return block.isEmpty() ? 1 : nest.leaves.getFirst().extent();
    }

    /** What one block does. */
    Stmt body() {
      return block.isEmpty() ? loops : ((Stmt.For) loops).body();
    }
  }

  private final Side producer;
  private final Side consumer;
  private final Simplifier simplifier;
  private final long tiles;
  private final long parts;

  private JoinedLaunch(Side producer, Side consumer, Simplifier simplifier) {
    this.producer = producer;
    this.consumer = consumer;
    this.simplifier = simplifier;
    this.tiles = consumer.blocks();
    this.parts = producer.blocks() / tiles;
  }

  /**
   * The loops of both.
   *
   * @param counter is given one element for each block of the consumer
   * @throws ScheduleException where the consumer's blocks read what other blocks make
   */
  static Stmt of(Side producer, Side consumer, Buffer counter, Simplifier simplifier) {
    JoinedLaunch joined = new JoinedLaunch(producer, consumer, simplifier);
    joined.check();
    return joined.loops(counter);
  }

  /** The memory for counting the blocks of a consumer. */
  static Buffer counter(Side consumer) {
    String name = consumer.nest.stage.id() + "_blocks";
    return Buffer.dense(name, DType.I32, List.of(IntImm.of(consumer.blocks())), Scope.COUNTER);
  }

  /** The variable of the outermost loop, where that is one over blocks. */
  static Optional<PrimVar> block(StageNest nest) {
    StageNest.Leaf first = nest.leaves.getFirst();
    return first.tag().filter(tag -> tag == ThreadTag.BLOCK_X).map(_ -> first.var());
  }

  /**
   * The parts of one tile lie at the same place but for the outermost dimension, which the tile's
   * reader reads all of.
   */
  private void check() {
    PrimVar part = PrimVar.index("part");
    PrimVar tile = PrimVar.index("tile");
    simplifier.below(part, IntImm.of(parts));
    simplifier.below(tile, IntImm.of(tiles));
    PrimExpr number = part.times(tiles).plus(tile);
    boolean fits = producer.blocks() == parts * tiles && parts > 1 && producer.block.isPresent();
    Region made = producer.touched;
    Region read = consumer.touched;
    for (int i = 0; fits && i < made.extents().size(); i++) {
      LinearForm begin = at(made.mins().get(i), producer.block, number);
      LinearForm wanted = at(read.mins().get(i), consumer.block, tile);
      boolean enough =
          made.extents().get(i) instanceof IntImm own
              && read.extents().get(i) instanceof IntImm other
              && (i == 0
                  ? own.value() == 1 && other.value() == parts
                  : other.value() <= own.value());
      LinearForm expected = i == 0 ? LinearForm.atom(part) : wanted;
      boolean same = begin.minus(expected).isConstant() && begin.minus(expected).constant() == 0;
      fits = enough && same && (i > 0 || (wanted.isConstant() && wanted.constant() == 0));
    }
    if (!fits) {
      throw new ScheduleException(
          "a block of stage '%s' reads what other blocks of stage '%s' make than those of every %d: %s of %s blocks, not %s"
              .formatted(
                  consumer.nest.stage.id(),
                  producer.nest.stage.id(),
                  tiles,
                  read,
                  tiles * parts,
                  made),
          consumer.nest.stage);
    }
  }

  private LinearForm at(LinearForm form, Optional<PrimVar> variable, PrimExpr value) {
    return simplifier.linear(
        variable
            .map(block -> PrimExprs.substitute(form.toExpr(), block, value))
            .orElseGet(form::toExpr));
  }

  private Stmt loops(Buffer counter) {
    PrimVar block = producer.block.orElseThrow();
    PrimExpr tile = tiles == 1 ? IntImm.of(0) : block.floorMod(tiles);
    Buffer flag = Buffer.dense("last", DType.I32, List.of(IntImm.of(1)), Scope.SHARED);
    Load last = new Load(flag, List.of(IntImm.of(0)));
    Stmt work = consumer.body();
    if (consumer.block.isPresent()) {
      PrimVar own = consumer.block.get();
      work = Stmts.substitute(work, Map.of(own, tile));
    }
    List<Stmt> all = new ArrayList<>();
    all.add(producer.body());
    all.add(
        new Stmt.Allocate(
            flag,
            Stmt.seq(
                new Stmt.Evaluate(
                    new Effect.CountBlock(
                        new Load(counter, List.of(tile)), Math.toIntExact(parts), last)),
                new Stmt.If(
                    Compare.of(Compare.Op.EQUAL, last, IntImm.of(DType.I32, 1)),
                    work,
                    Optional.empty(),
                    false))));
    return new Stmt.For(
        block,
        IntImm.of(0),
        IntImm.of(producer.blocks()),
        ForKind.THREAD,
        Optional.of(ThreadTag.BLOCK_X),
        Stmt.seq(all));
  }
}
