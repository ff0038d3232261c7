package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.Pipelining;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.intrinsic.TileMatch;

/** Writes out the loops of stages, from the innermost statement outwards. */
final class NestEmitter {

  private final Schedule schedule;
  private final Map<String, StageNest> nests;
  private final Map<Tensor, Storage> storage;
  private final Simplifier simplifier;
  private final PaddedTiles padded;
  private final PackedReads packs;
  private final Set<Buffer> unguarded = new HashSet<>();

  /**
   * @param packs what stages read in another order
   */
  NestEmitter(
      Schedule schedule,
      Map<String, StageNest> nests,
      Map<Tensor, Storage> storage,
      Simplifier simplifier,
      PaddedTiles padded,
      PackedReads packs) {
    this.schedule = schedule;
    this.nests = nests;
    this.storage = storage;
    this.simplifier = simplifier;
    this.padded = padded;
    this.packs = packs;
  }

  /** The loops of a stage, with everything computed inside them. */
  Stmt nest(StageNest nest) {
    Storage target = storage.get(nest.stage.tensor());
    List<PrimExpr> indices = target.indices(nest.element());
    BodyLowering lowering =
        new BodyLowering(
            simplifier, nest.axisValues, (tensor, element) -> load(nest, tensor, element));
    PrimExpr value = padded(nest, lowering.lower(nest.body));
    if (padded.isUnguarded(nest.stage)) {
      unguarded.add(target.buffer());
    }
    Optional<Reducer> reducer = nest.stage.op().reducer();
    boolean together = ThreadReductions.isOne(nest);
    Load result = new Load(target.buffer(), indices);
    Load partial = together ? ThreadReductions.partial(nest) : result;
    if (reducer.isPresent()) {
      value = reducer.get().combine(partial, value);
    }
    Stmt body = new Stmt.Store(partial.buffer(), partial.indices(), value);
    Stmt neutral =
        reducer.isPresent()
            ? new Stmt.Store(
                target.buffer(), indices, reducer.get().identity(target.buffer().dtype()))
            : Stmt.nothing();
    if (nest.tensorized < nest.leaves.size()) {
      TileMatch tile = TensorizedLoops.match(nest, result, lowering.lower(nest.body), simplifier);
      body = tile.intrinsic().code().update(tile);
      neutral = tile.intrinsic().code().initialise(tile);
      if (nest.firstReduce() >= nest.tensorized) {
        body = Stmt.seq(neutral, body);
      }
    }
    for (int i = nest.tensorized - 1; i >= 0; i--) {
      StageNest.Leaf leaf = nest.leaves.get(i);
      Optional<Stmt> pipelined = pipelined(nest, i, body);
      if (pipelined.isPresent()) {
        body = pipelined.get();
      } else {
        body = withGuests(nest.stage, leaf.loop().id(), Stmt.seq(scaled(nest, i, result), body));
        body = guarded(nest, i, body, true);
        body = loop(leaf, leaf.var(), body);
      }
      if (together && i == nest.firstReduce()) {
        body = ThreadReductions.complete(nest, partial, body, result);
      } else if (reducer.isPresent() && i == nest.firstReduce()) {
        body = Stmt.seq(initialisation(nest, neutral, i), startOfCarried(nest), body);
      }
    }
    return guarded(nest, -1, body, true);
  }

  /** Multiplies every sum by the scale that has been computed inside the loop at a position. */
  private Stmt scaled(StageNest nest, int position, Load result) {
    if (!CarriedStages.isScaledAt(nest.stage, schedule, nest.leaves.get(position).loop().id())) {
      return Stmt.nothing();
    }
    PrimExpr scale =
        new BodyLowering(
                simplifier, nest.axisValues, (tensor, element) -> load(nest, tensor, element))
            .lower(nest.stage.scale().orElseThrow());
    for (StageNest.Leaf leaf : nest.leaves.subList(position + 1, nest.leaves.size())) {
      if (leaf.loop().isReduce() && leaf.var() != null && PrimExprs.uses(scale, leaf.var())) {
        throw new ScheduleException(
            "its sums are scaled outside of loop '%s', on which the scale depends"
                .formatted(leaf.loop().id()),
            nest.stage);
      }
    }
    Stmt store = new Stmt.Store(result.buffer(), result.indices(), result.times(scale));
    return initialisation(nest, store, position);
  }

  /** What stands before the first element of what is carried along by a reduction's loops. */
  private Stmt startOfCarried(StageNest nest) {
    List<Stmt> starts = new ArrayList<>();
    for (Stage guest : schedule.attachedTo(nest.stage.id())) {
      if (guest.before().isPresent()) {
        StageNest own = nests.get(guest.id());
        Storage target = storage.get(guest.tensor());
        Stmt first =
            new Stmt.Store(
                target.buffer(), target.indices(own.element()), guest.before().orElseThrow());
        starts.add(guarded(own, -1, initialisation(own, first, -1), false));
      }
    }
    return Stmt.seq(starts);
  }

  /** A statement for every element, over the loops inside that at a position, but no reductions. */
  private Stmt initialisation(StageNest nest, Stmt neutral, int position) {
    Stmt body = neutral;
    Map<PrimVar, PrimVar> fresh = new HashMap<>();
    for (int i = nest.tensorized - 1; i > position; i--) {
      StageNest.Leaf leaf = nest.leaves.get(i);
      if (leaf.loop().isReduce()) {
        continue;
      }
      body = guarded(nest, i, body, false);
      if (leaf.var() != null) {
        PrimVar variable = PrimVar.index(leaf.var().name());
        simplifier.below(variable, leaf.size());
        fresh.put(leaf.var(), variable);
        body = loop(leaf, variable, body);
      }
    }
    return Stmts.substitute(body, fresh);
  }

  private static Stmt loop(StageNest.Leaf leaf, PrimVar variable, Stmt body) {
    return variable == null
        ? body
        : new Stmt.For(variable, IntImm.of(0), leaf.size(), leaf.kind(), leaf.tag(), body);
  }

  /** The value of an element, zero beyond the tensor's end where there shall be zeros. */
  private PrimExpr padded(StageNest nest, PrimExpr value) {
    if (!padded.isPadded(nest.stage)) {
      return value;
    }
    PrimExpr inside = IntImm.TRUE;
    for (StageNest.Guard guard : nest.guards) {
      inside = guard.onTensor() ? inside.and(guard.condition()) : inside;
    }
    PrimExpr zero = IntImm.of(value.dtype(), 0);
    return value instanceof Select(PrimExpr condition, PrimExpr whenTrue, PrimExpr whenFalse)
            && whenFalse.equals(zero)
        ? Select.of(inside.and(condition), whenTrue, whenFalse)
        : Select.of(inside, value, zero);
  }

  /** What threads may write though the elements are outside of the tensor. */
  Set<Buffer> unguarded() {
    return Set.copyOf(unguarded);
  }

  private Stmt guarded(StageNest nest, int depth, Stmt body, boolean withReduceAxes) {
    boolean everywhere = padded.isPadded(nest.stage) || padded.isUnguarded(nest.stage);
    PrimExpr condition = IntImm.TRUE;
    for (StageNest.Guard guard : nest.guards) {
      if (guard.depth() == depth
          && (withReduceAxes || !guard.onReduceAxis())
          && !(everywhere && guard.onTensor())) {
        condition = condition.and(guard.condition());
      }
    }
    return IntImm.is(condition, 1) ? body : Stmt.If.guard(condition, body);
  }

  /** The loop with its copies one iteration ahead, where it is one that shall and can be so. */
  private Optional<Stmt> pipelined(StageNest nest, int position, Stmt inner) {
    StageNest.Leaf leaf = nest.leaves.get(position);
    boolean wanted =
        nest.stage.pipeline().filter(p -> p.axis().equals(leaf.loop().id())).isPresent()
            && leaf.var() != null
            && nest.guards.stream().noneMatch(guard -> guard.depth() == position);
    if (!wanted) {
      return Optional.empty();
    }
    List<Buffer> buffers = new ArrayList<>();
    List<Stmt> copies = new ArrayList<>();
    List<Optional<Tile>> tiles = new ArrayList<>();
    for (Stage guest : schedule.attachedTo(nest.stage.id())) {
      if (((Attachment.At) guest.attachment()).axis().equals(leaf.loop().id())) {
        StageNest copied = nests.get(guest.id());
        copies.add(nest(copied));
        buffers.add(storage.get(guest.tensor()).buffer());
        tiles.add(Tile.of(copied, storage, packs.of(guest), simplifier));
      }
    }
    Pipelining pipeline = nest.stage.pipeline().orElseThrow();
    // Now: copies of the body have other buffers.
    Stmt body = SinkThreadGuards.in(inner, unguarded());
    int depth = pipeline.depth();
    Pipelining.Way way = pipeline.way();
    Optional<Stmt> ahead = Optional.empty();
    if (way == Pipelining.Way.TILES && tiles.stream().allMatch(Optional::isPresent)) {
      List<Tile> all = tiles.stream().map(Optional::orElseThrow).toList();
      ahead = TileLoop.of(leaf.var(), leaf.extent(), depth, all, body);
    }
    if (ahead.isEmpty() && way != Pipelining.Way.REGISTERS) {
      ahead = AsyncLoop.of(leaf.var(), leaf.extent(), depth, buffers, copies, body, simplifier);
    }
    int inRegisters = way == Pipelining.Way.REGISTERS ? depth : 2;
    return ahead.isPresent()
        ? ahead
        : PipelinedLoop.of(leaf.var(), leaf.extent(), inRegisters, buffers, copies, body);
  }

  /** {@code body} after the stages and the copies that are made inside the same loop. */
  private Stmt withGuests(Stage stage, String axis, Stmt body) {
    List<Buffer> buffers = new ArrayList<>();
    List<Stmt> statements = new ArrayList<>();
    for (Stage guest : schedule.attachedTo(stage.id())) {
      if (((Attachment.At) guest.attachment()).axis().equals(axis)) {
        statements.add(nest(nests.get(guest.id())));
        if (guest.before().isEmpty()) {
          buffers.add(storage.get(guest.tensor()).buffer());
        }
        buffers.addAll(carriedBy(guest));
      }
    }
    List<PackedReads.Copy> copies = packs.take(Optional.of(new Attachment.At(stage.id(), axis)));
    copies.forEach(pack -> statements.addFirst(pack.statement()));
    copies.forEach(pack -> buffers.add(pack.buffer()));
    if (statements.isEmpty()) {
      return body;
    }
    statements.add(body);
    Stmt all = Stmt.seq(statements);
    for (Buffer buffer : buffers.reversed()) {
      all = new Stmt.Allocate(buffer, all);
    }
    return all;
  }

  /** The memory of what the loops of a stage carry along: who reads the stage reads it too. */
  private List<Buffer> carriedBy(Stage host) {
    return schedule.attachedTo(host.id()).stream()
        .filter(stage -> stage.before().isPresent())
        .map(stage -> storage.get(stage.tensor()).buffer())
        .toList();
  }

  private PrimExpr load(StageNest nest, Tensor tensor, List<LinearForm> element) {
    Optional<Stage> carried =
        schedule.stageOf(tensor).filter(stage -> stage.before().isPresent() && !stage.isRoot());
    if (carried.isPresent()) {
      // There is memory for one part: the one before until the stage is computed, then its own.
      Storage own = storage.get(tensor);
      List<LinearForm> there = new ArrayList<>(element);
      there.set(there.size() - 1, own.mins().getLast());
      return own.load(there);
    }
    return packs.load(nest, tensor, element);
  }
}
