package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiFunction;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.arith.VarRanges;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.Packing;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.Stage;

/**
 * How the stages of a schedule read their operands: as they lie, or packed into the order in which
 * loops read them. The copies that packing takes wait here until their loops are written.
 */
final class PackedReads {

  /** A copy of an operand, to be made where it was asked for. */
  record Copy(Buffer buffer, Stmt statement) {}

  private final Schedule schedule;
  private final Map<Tensor, Storage> storage;
  private final VarRanges ranges;
  private final Simplifier simplifier;
  private final BiFunction<StageNest, Optional<Attachment.At>, Map<PrimVar, Integer>> depths;
  private final Map<Packing, PackedOperand> operands = new HashMap<>();
  private final Map<Optional<Attachment.At>, List<Copy>> pending = new HashMap<>();
  private final Set<Tensor> readUnpacked = new HashSet<>();

  /**
   * @param depths the loops that run inside the place of a copy for a reader, with their depths
   */
  PackedReads(
      Schedule schedule,
      Map<Tensor, Storage> storage,
      VarRanges ranges,
      Simplifier simplifier,
      BiFunction<StageNest, Optional<Attachment.At>, Map<PrimVar, Integer>> depths) {
    this.schedule = schedule;
    this.storage = storage;
    this.ranges = ranges;
    this.simplifier = simplifier;
    this.depths = depths;
  }

  /** An element as a stage reads it: where it has been packed for the stage, or where it is. */
  PrimExpr load(StageNest nest, Tensor tensor, List<LinearForm> element) {
    for (Packing packing : schedule.packings()) {
      if (packing.tensor() == tensor && packing.reader().equals(nest.stage.id())) {
        return packed(packing, nest, element).load();
      }
    }
    readUnpacked.add(tensor);
    return storage.get(tensor).load(element);
  }

  private PackedOperand packed(Packing packing, StageNest nest, List<LinearForm> element) {
    PackedOperand operand = operands.get(packing);
    if (operand != null) {
      if (!operand.reads(element)) {
        throw new ScheduleException(
            "'%s' cannot be packed: stage '%s' reads it at more than one place"
                .formatted(packing.id(), nest.stage.id()),
            nest.stage);
      }
      return operand;
    }
    Optional<Stage> producer = schedule.stageOf(packing.tensor());
    if (producer.isPresent() && !producer.get().isRoot()) {
      throw new ScheduleException(
          "'%s' cannot be packed: stage '%s' is not at the root"
              .formatted(packing.id(), producer.get().id()),
          producer.get());
    }
    Scope scope = packing.at().isPresent() ? Scope.LOCAL : Scope.GLOBAL;
    operand =
        new PackedOperand(
            packing,
            nest.stage,
            element,
            depths.apply(nest, packing.at()),
            scope,
            lineOf(nest),
            simplifier);
    operands.put(packing, operand);
    if (packing.at().isPresent() || !Lowering.isConstant(packing.tensor())) {
      boolean parallel =
          packing.at().isEmpty()
              && schedule.stages().stream()
                  .anyMatch(stage -> stage.leaves().stream().anyMatch(Lowering::isParallel));
      ForKind outermost = parallel ? ForKind.PARALLEL : ForKind.SERIAL;
      Stmt copy = operand.copy(storage.get(packing.tensor()), outermost, ranges, simplifier);
      readUnpacked.add(packing.tensor());
      pending
          .computeIfAbsent(packing.at(), _ -> new ArrayList<>())
          .add(new Copy(operand.buffer(), copy));
    }
    return operand;
  }

  /** The elements of a line of swizzled memory, where the stage's tensor lies so. */
  private OptionalLong lineOf(StageNest nest) {
    Buffer target = storage.get(nest.stage.tensor()).buffer();
    return target.isSwizzled()
        ? OptionalLong.of((long) Buffer.LINE_BYTES / target.dtype().bytes())
        : OptionalLong.empty();
  }

  /** What a stage whose nest was written reads in another order, where it does. */
  Optional<PackedOperand> of(Stage reader) {
    return schedule.packings().stream()
        .filter(packing -> packing.reader().equals(reader.id()))
        .map(operands::get)
        .findFirst();
  }

  /** The copies that belong inside a loop, or without one before the nest last written. */
  List<Copy> take(Optional<Attachment.At> at) {
    List<Copy> copies = pending.remove(at);
    return copies == null ? List.of() : copies;
  }

  /** The forms of a constant input that are made at compile time. */
  List<PackedOperand> constants(Tensor input) {
    List<PackedOperand> constants = new ArrayList<>();
    for (Packing packing : schedule.packings()) {
      PackedOperand operand = operands.get(packing);
      if (packing.tensor().constantSource().filter(source -> source == input).isPresent()
          && packing.at().isEmpty()
          && operand != null
          && Lowering.isConstant(packing.tensor())) {
        constants.add(operand);
      }
    }
    return constants;
  }

  /** Whether a stage reads a tensor, or a copy is made of it, as it lies. */
  boolean isReadUnpacked(Tensor input) {
    return readUnpacked.contains(input);
  }
}
