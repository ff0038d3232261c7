package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.arith.VarRanges;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Packing;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * Makes loop IR of a schedule, in these steps:
 *
 * <ol>
 *   <li>inlined stages are put into their readers ({@link EffectiveBodies});
 *   <li>from the last stage to the first, the region that each must compute follows from what its
 *       readers read ({@link RegionInference}), and its loops from that ({@link StageNest});
 *   <li>memory is given to every stage: parameters to outputs, the whole tensor to stages at the
 *       root, the region to others;
 *   <li>the loops are written out, each with the stages computed inside it ({@link NestEmitter}).
 * </ol>
 */
public final class Lowering {
  private final Schedule schedule;
  private final VarRanges ranges = new VarRanges();
  private final Simplifier simplifier = new Simplifier(ranges);
  private final List<Stage> active = new ArrayList<>();
  private final Map<Stage, List<Read>> reads = new IdentityHashMap<>();
  private final Map<String, StageNest> nests = new HashMap<>();
  private final NestOrder order = new NestOrder(nests);

  /** Known once it is known what every stage reads. */
  private PaddedTiles padded;

  /** Stages of constants that every reader reads packed: computed when the model is compiled. */
  private final Set<Tensor> folded = new HashSet<>();

  private Lowering(Schedule schedule) {
    this.schedule = schedule;
  }

  /**
   * The kernel that computes the schedule's outputs.
   *
   * @param name the function's, a C identifier
   * @throws ScheduleException where the schedule's steps do not fit together
   */
  public static LoweredKernel lower(Schedule schedule, String name) {
    return new Lowering(schedule).run(name);
  }

  private LoweredKernel run(String name) {
    EffectiveBodies bodies = new EffectiveBodies(schedule);
    Map<Stage, PrimExpr> effective = new IdentityHashMap<>();
    findFolded();
    for (Stage stage : schedule.stages()) {
      if (!stage.isInlined() && !folded.contains(stage.tensor())) {
        active.add(stage);
        EffectiveBodies.Effective own = bodies.of(stage);
        effective.put(stage, own.body());
        reads.put(stage, withScale(stage, own.reads()));
      }
    }
    active.forEach(stage -> CarriedStages.check(stage, schedule));
    padded = new PaddedTiles(active, reads);
    for (Stage stage : active.reversed()) {
      Region region =
          stage.attachment() instanceof Attachment.At at
              ? regionAt(stage, at)
              : Region.whole(shape(stage));
      StageNest nest =
          new StageNest(stage, effective.get(stage), region, hosting(stage), simplifier);
      LegalLoops.check(nest);
      nests.put(stage.id(), nest);
    }
    return emit(name);
  }

  private static List<Read> withScale(Stage stage, List<Read> reads) {
    if (stage.scale().isEmpty()) {
      return reads;
    }
    List<Read> all = new ArrayList<>(reads);
    all.add(stage.scale().get());
    return all;
  }

  private void findFolded() {
    for (Stage stage : schedule.stages().reversed()) {
      List<Stage> readers = schedule.readers(stage.tensor());
      boolean packed =
          readers.stream()
              .allMatch(
                  reader ->
                      folded.contains(reader.tensor())
                          || schedule.packings().stream()
                              .anyMatch(
                                  packing ->
                                      packing.tensor() == stage.tensor()
                                          && packing.at().isEmpty()
                                          && packing.reader().equals(reader.id())));
      if (!readers.isEmpty()
          && packed
          && !stage.isOutput()
          && stage.isRoot()
          && isConstant(stage.tensor())) {
        folded.add(stage.tensor());
      }
    }
  }

  /** The loops of a stage inside which something else is made. */
  private Set<String> hosting(Stage stage) {
    Set<String> hosting = new HashSet<>();
    for (Stage guest : schedule.stages()) {
      if (guest.attachment() instanceof Attachment.At(String host, String axis)
          && host.equals(stage.id())) {
        hosting.add(axis);
      }
    }
    for (Packing packing : schedule.packings()) {
      packing
          .at()
          .filter(at -> at.stage().equals(stage.id()))
          .ifPresent(at -> hosting.add(at.axis()));
    }
    return hosting;
  }

  private static List<PrimExpr> shape(Stage stage) {
    return stage.op().axes().stream().map(Axis::extent).toList();
  }

  /** What the readers of a stage read of it inside one iteration of the loop that hosts it. */
  private Region regionAt(Stage stage, Attachment.At at) {
    StageNest host = nests.get(at.stage());
    if (host == null) {
      throw new ScheduleException(
          "stage '%s' is computed at '%s', which is inlined or computed before it"
              .formatted(stage.id(), at.stage()),
          stage);
    }
    int position = host.position(at.axis());
    if (position < 0) {
      throw new ScheduleException(
          "stage '%s' is computed at '%s', which is not a loop of '%s'"
              .formatted(stage.id(), at.axis(), at.stage()),
          host.stage);
    }
    List<List<LinearForm>> accesses =
        stage.before().isPresent()
            ? accessesOfCarried(stage, host, position)
            : accesses(stage, at, host, position);
    Set<PrimVar> fixed = new HashSet<>();
    order.enclosing(host, position).keySet().forEach(fixed::add);
    if (stage.scope() == Scope.SHARED) {
      // The threads of a block make it together, for all of them.
      fixed.removeAll(order.threads(host, position));
    }
    return new RegionInference(simplifier, fixed)
        .union(accesses, shape(stage), padded.isPadded(stage));
  }

  private List<List<LinearForm>> accesses(
      Stage stage, Attachment.At at, StageNest host, int position) {
    List<List<LinearForm>> accesses = new ArrayList<>();
    for (Stage reader : active) {
      StageNest nest = nests.get(reader.id());
      for (Read read : reads.get(reader)) {
        if (read.tensor() == stage.tensor()) {
          if (!order.isInside(nest, host, position)) {
            throw new ScheduleException(
                "stage '%s' is computed at loop '%s' of '%s', but stage '%s' outside of that loop reads it"
                    .formatted(stage.id(), at.axis(), at.stage(), reader.id()),
                host.stage,
                at.axis());
          }
          accesses.add(
              new BodyLowering(simplifier, nest.axisValues, CarriedStages::unlowered)
                  .indices(read));
        }
      }
    }
    return accesses;
  }

  /** The same of a stage that is carried along by the loops of its host. */
  private List<List<LinearForm>> accessesOfCarried(Stage stage, StageNest host, int position) {
    LinearForm part = CarriedStages.part(host, stage, position, simplifier);
    List<List<LinearForm>> accesses = new ArrayList<>();
    for (Stage reader : active) {
      StageNest nest = nests.get(reader.id());
      for (Read read : reads.get(reader)) {
        if (read.tensor() != stage.tensor()) {
          continue;
        }
        if (nest == null) {
          CarriedStages.checkBefore(reader, stage);
          continue;
        }
        List<LinearForm> element =
            new BodyLowering(simplifier, nest.axisValues, CarriedStages::unlowered).indices(read);
        boolean inside = order.isInside(nest, host, host.firstReduce());
        accesses.add(CarriedStages.read(element, part, inside, stage, reader));
      }
    }
    return accesses;
  }

  private LoweredKernel emit(String name) {
    ComputeDag dag = schedule.dag();
    Map<Tensor, Storage> storage = new IdentityHashMap<>();
    for (Tensor input : dag.inputs()) {
      storage.put(input, Storage.parameter(input, dag.id(input)));
    }
    for (Tensor output : dag.outputs()) {
      storage.put(output, Storage.parameter(output, dag.id(output)));
    }
    for (Stage stage : active) {
      if (!stage.isOutput()) {
        storage.put(stage.tensor(), Storage.intermediate(nests.get(stage.id())));
      }
    }
    PackedReads packs = new PackedReads(schedule, storage, ranges, simplifier, order::depths);
    NestEmitter emitter = new NestEmitter(schedule, nests, storage, simplifier, padded, packs);
    List<Stmt> statements = new ArrayList<>();
    List<Buffer> allocations = new ArrayList<>();
    Map<String, Stmt> held = new HashMap<>();
    for (Stage stage : active) {
      if (stage.isRoot()) {
        Stmt nest = emitter.nest(nests.get(stage.id()));
        for (PackedReads.Copy pack : packs.take(Optional.empty())) {
          allocations.add(pack.buffer());
          statements.add(pack.statement());
        }
        if (!stage.isOutput()) {
          allocations.add(storage.get(stage.tensor()).buffer());
        }
        if (joiner(stage).isPresent()) {
          held.put(stage.id(), nest);
          continue;
        }
        if (stage.joined().isPresent()) {
          nest = joined(stage, nest, held.get(stage.joined().get()), allocations);
        }
        statements.add(ThreadedNests.finish(nest, emitter.unguarded()));
      }
    }
    Stmt body = Stmt.seq(statements);
    for (Buffer buffer : allocations.reversed()) {
      body = new Stmt.Allocate(buffer, body);
    }
    List<Buffer> inputs = new ArrayList<>();
    List<Tensor> sources = new ArrayList<>();
    List<PackedConstant> packed = new ArrayList<>();
    for (Tensor input : dag.inputs()) {
      List<PackedOperand> constants = packs.constants(input);
      if (constants.isEmpty() || packs.isReadUnpacked(input)) {
        inputs.add(storage.get(input).buffer());
        sources.add(input);
      }
      for (PackedOperand operand : constants) {
        inputs.add(operand.buffer());
        sources.add(input);
        packed.add(packedConstant(operand, dag.id(input)));
      }
    }
    List<Buffer> outputs = dag.outputs().stream().map(t -> storage.get(t).buffer()).toList();
    List<PrimVar> sizes = dag.isOpen() ? OpenSizes.of(inputs, outputs, body) : List.of();
    PrimFunc function = new PrimFunc(name, inputs, outputs, sizes, body);
    return new LoweredKernel(function, sources, packed);
  }

  /** The stage that is computed in the launch of this one. */
  private Optional<Stage> joiner(Stage stage) {
    return active.stream()
        .filter(other -> other.joined().equals(Optional.of(stage.id())))
        .findFirst();
  }

  /** The nest of a stage and that in whose launch it is computed, which no other stage reads. */
  private Stmt joined(Stage stage, Stmt nest, Stmt producerNest, List<Buffer> allocations) {
    StageNest own = nests.get(stage.id());
    StageNest made = nests.get(stage.joined().orElseThrow());
    boolean alone =
        made != null
            && producerNest != null
            && active.stream()
                .filter(reader -> reads(reader, made.stage))
                .allMatch(reader -> order.isInside(nests.get(reader.id()), own, 0));
    if (!stage.isRoot() || !alone) {
      throw new ScheduleException(
          "its launch is joined with that of '%s', which others read or which is none of its own"
              .formatted(stage.joined().get()),
          stage);
    }
    Optional<PrimVar> block = JoinedLaunch.block(made);
    List<LinearForm> element =
        made.stage.op().axes().stream().map(axis -> made.axisValues.get(axis.var())).toList();
    Region written = touched(made.stage, List.of(element), block);
    Optional<PrimVar> ownBlock = JoinedLaunch.block(own);
    Region read = touched(made.stage, accesses(made.stage), ownBlock);
    JoinedLaunch.Side producer = new JoinedLaunch.Side(made, producerNest, block, written);
    JoinedLaunch.Side consumer = new JoinedLaunch.Side(own, nest, ownBlock, read);
    Buffer counter = JoinedLaunch.counter(consumer);
    allocations.add(counter);
    return JoinedLaunch.of(producer, consumer, counter, simplifier);
  }

  private boolean reads(Stage reader, Stage read) {
    return reads.get(reader).stream().anyMatch(access -> access.tensor() == read.tensor());
  }

  private List<List<LinearForm>> accesses(Stage read) {
    List<List<LinearForm>> accesses = new ArrayList<>();
    for (Stage reader : active) {
      for (Read access : reads.get(reader)) {
        if (access.tensor() == read.tensor()) {
          StageNest nest = nests.get(reader.id());
          accesses.add(
              new BodyLowering(simplifier, nest.axisValues, CarriedStages::unlowered)
                  .indices(access));
        }
      }
    }
    return accesses;
  }

  private Region touched(Stage stage, List<List<LinearForm>> accesses, Optional<PrimVar> block) {
    return new RegionInference(simplifier, block.map(Set::of).orElseGet(Set::of))
        .union(accesses, shape(stage), true);
  }

  private PackedConstant packedConstant(PackedOperand operand, String id) {
    Tensor tensor = operand.tensor();
    if (tensor.op() instanceof ComputeOp) {
      return FoldedConstant.of(schedule.dag(), tensor, id).packed(operand);
    }
    Storage original = Storage.parameter(tensor, id);
    PrimFunc packing =
        new PrimFunc(
            "pack", List.of(original.buffer()), List.of(operand.buffer()), operand.copy(original));
    return new PackedConstant(tensor, operand.buffer(), packing);
  }

  static boolean isConstant(Tensor tensor) {
    return tensor.constantSource().isPresent();
  }

  static boolean isParallel(IterVar loop) {
    return loop.forKind() == ForKind.PARALLEL;
  }
}
