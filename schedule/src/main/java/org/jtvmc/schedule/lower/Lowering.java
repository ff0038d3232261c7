package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.arith.VarRanges;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
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
import org.jtvmc.schedule.step.Unroll;

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
  /** The most copies of a body whose contents are computed when a model is compiled. */
  private static final long MOST_COPIES = 64;

  private final Schedule schedule;
  private final VarRanges ranges = new VarRanges();
  private final Simplifier simplifier = new Simplifier(ranges);
  private final List<Stage> active = new ArrayList<>();
  private final Map<Stage, List<Read>> reads = new IdentityHashMap<>();
  private final Map<String, StageNest> nests = new HashMap<>();

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
        PrimExpr body = bodies.of(stage);
        effective.put(stage, body);
        reads.put(stage, readsOf(body));
      }
    }
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

  private static List<Read> readsOf(PrimExpr body) {
    List<Read> all = new ArrayList<>();
    PrimExprs.forEach(
        body,
        node -> {
          if (node instanceof Read read) {
            all.add(read);
          }
        });
    return all;
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
    List<List<LinearForm>> accesses = new ArrayList<>();
    for (Stage reader : active) {
      StageNest nest = nests.get(reader.id());
      for (Read read : reads.get(reader)) {
        if (read.tensor() == stage.tensor()) {
          if (!isInside(nest, host, position)) {
            throw new ScheduleException(
                "stage '%s' is computed at loop '%s' of '%s', but stage '%s' outside of that loop reads it"
                    .formatted(stage.id(), at.axis(), at.stage(), reader.id()),
                host.stage,
                at.axis());
          }
          accesses.add(
              new BodyLowering(simplifier, nest.axisValues, Lowering::unlowered).indices(read));
        }
      }
    }
    Set<PrimVar> fixed = new HashSet<>();
    enclosing(host, position).keySet().forEach(fixed::add);
    if (stage.scope() == Scope.SHARED) {
      // The threads of a block make it together, for all of them.
      fixed.removeAll(threads(host, position));
    }
    return new RegionInference(simplifier, fixed)
        .union(accesses, shape(stage), padded.isPadded(stage));
  }

  /** For regions it does not matter where elements lie that other indices depend on. */
  private static PrimExpr unlowered(Tensor tensor, List<LinearForm> element) {
    return new Read(tensor, element.stream().map(LinearForm::toExpr).toList());
  }

  /** True where all of {@code nest}'s body is inside the loop of {@code host} at a position. */
  private boolean isInside(StageNest nest, StageNest host, int position) {
    if (nest == host) {
      return true;
    }
    StageNest current = nest;
    while (current != null && current.host().isPresent()) {
      Attachment.At at = current.host().get();
      if (at.stage().equals(host.stage.id())) {
        return host.position(at.axis()) >= position;
      }
      current = nests.get(at.stage());
    }
    return false;
  }

  /** The variables of the loops around and including that of {@code nest} at {@code position}. */
  private Map<PrimVar, Integer> enclosing(StageNest nest, int position) {
    Map<PrimVar, Integer> all =
        nest.host()
            .map(at -> enclosing(nests.get(at.stage()), nests.get(at.stage()).position(at.axis())))
            .orElseGet(LinkedHashMap::new);
    for (int i = 0; i <= position; i++) {
      PrimVar variable = nest.leaves.get(i).var();
      if (variable != null) {
        all.put(variable, all.size());
      }
    }
    return all;
  }

  /** The variables of those loops that the threads of one block carry out. */
  private Set<PrimVar> threads(StageNest nest, int position) {
    Set<PrimVar> all =
        nest.host()
            .map(at -> threads(nests.get(at.stage()), nests.get(at.stage()).position(at.axis())))
            .orElseGet(HashSet::new);
    for (StageNest.Leaf leaf : nest.leaves.subList(0, position + 1)) {
      if (leaf.var() != null && leaf.tag().map(tag -> !tag.isBlock()).orElse(false)) {
        all.add(leaf.var());
      }
    }
    return all;
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
    NestEmitter emitter =
        new NestEmitter(schedule, nests, storage, ranges, simplifier, padded, this::depths);
    List<Stmt> statements = new ArrayList<>();
    List<Buffer> allocations = new ArrayList<>();
    for (Stage stage : active) {
      if (stage.isRoot()) {
        Stmt nest = emitter.nest(nests.get(stage.id()));
        for (NestEmitter.PackStatement pack : emitter.takePacksAtRoot()) {
          allocations.add(pack.buffer());
          statements.add(pack.copy());
        }
        statements.add(ThreadedNests.finish(nest, emitter.unguarded()));
        if (!stage.isOutput()) {
          allocations.add(storage.get(stage.tensor()).buffer());
        }
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
      List<PackedOperand> constants = emitter.packedConstants(input);
      if (constants.isEmpty() || emitter.isReadUnpacked(input)) {
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
    PrimFunc function =
        new PrimFunc(name, inputs, outputs, OpenSizes.of(inputs, outputs, body), body);
    return new LoweredKernel(function, sources, packed);
  }

  /** The loops whose iterations a copy made at {@code at} covers, with their nesting depths. */
  private Map<PrimVar, Integer> depths(StageNest reader, Optional<Attachment.At> at) {
    Map<PrimVar, Integer> all = enclosing(reader, reader.leaves.size() - 1);
    at.ifPresent(
        loop -> {
          StageNest host = nests.get(loop.stage());
          int position = host == null ? -1 : host.position(loop.axis());
          if (position < 0 || !isInside(reader, host, position)) {
            throw new ScheduleException(
                "an operand of stage '%s' is packed at loop '%s' of '%s', which is not around it"
                    .formatted(reader.stage.id(), loop.axis(), loop.stage()),
                reader.stage);
          }
          enclosing(host, position).keySet().forEach(all::remove);
        });
    return all;
  }

  private static PackedConstant packedConstant(PackedOperand operand, String id) {
    VarRanges ranges = new VarRanges();
    if (operand.tensor().op() instanceof ComputeOp) {
      return foldedConstant(operand, id, ranges);
    }
    Storage original = Storage.parameter(operand.tensor(), id);
    Stmt copy = operand.copy(original, ForKind.SERIAL, ranges, new Simplifier(ranges));
    PrimFunc packing =
        new PrimFunc("pack", List.of(original.buffer()), List.of(operand.buffer()), copy);
    return new PackedConstant(operand.tensor(), operand.buffer(), packing);
  }

  /** Computes what the operand is packed from, then packs that. */
  private static PackedConstant foldedConstant(PackedOperand operand, String id, VarRanges ranges) {
    Tensor source = operand.tensor().constantSource().orElseThrow();
    ComputeDag dag = ComputeDag.of(List.of(source), List.of(operand.tensor()));
    PrimFunc computing = lower(withChoicesMade(dag), "pack").func();
    Buffer whole =
        Buffer.dense(id, operand.tensor().dtype(), operand.tensor().shape(), Scope.GLOBAL);
    Buffer result = computing.outputs().getFirst();
    Stmt body = Stmts.rewrite(computing.body(), stmt -> inBuffer(stmt, result, whole), e -> e);
    Storage original = new Storage(whole, Collections.nCopies(whole.rank(), LinearForm.ZERO));
    Stmt copy = operand.copy(original, ForKind.SERIAL, ranges, new Simplifier(ranges));
    PrimFunc packing =
        new PrimFunc(
            "pack",
            computing.inputs(),
            List.of(operand.buffer()),
            new Stmt.Allocate(whole, Stmt.seq(body, copy)));
    return new PackedConstant(source, operand.buffer(), packing);
  }

  /** Loops in the order of the axes, with copies for those by which a body chooses what to do. */
  private static Schedule withChoicesMade(ComputeDag dag) {
    Schedule schedule = Schedule.of(dag);
    for (Stage stage : dag.stages()) {
      long copies = 1;
      for (int i = 0; i < stage.op().axes().size(); i++) {
        Axis axis = stage.op().axes().get(i);
        if (chooses(stage.op().body(), axis.var()) && copies * axis.size() <= MOST_COPIES) {
          copies *= axis.size();
          schedule = schedule.apply(new Unroll(stage.id(), stage.axes().get(i).id()));
        }
      }
    }
    return schedule;
  }

  private static boolean chooses(PrimExpr body, PrimVar axis) {
    return body instanceof Select(PrimExpr condition, PrimExpr first, PrimExpr second)
        && ((condition instanceof Compare(Compare.Op op, PrimExpr left, PrimExpr _)
                && op == Compare.Op.EQUAL
                && left == axis)
            || chooses(first, axis)
            || chooses(second, axis));
  }

  private static Stmt inBuffer(Stmt stmt, Buffer from, Buffer to) {
    return stmt instanceof Stmt.Store store && store.buffer() == from
        ? store.with(to, store.indices(), store.value())
        : stmt;
  }

  static boolean isConstant(Tensor tensor) {
    return tensor.constantSource().isPresent();
  }

  static boolean isParallel(IterVar loop) {
    return loop.forKind() == ForKind.PARALLEL;
  }
}
