package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.*;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.llvm.LLVM.LLVMBasicBlockRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.type.DType;

/**
 * A buffer whose elements live in registers. Each slot is an alloca of the entry block that is only
 * ever loaded and stored whole, so that LLVM makes an SSA value of it for certain.
 */
final class SlotTable {

  /**
   * @param start the first element
   * @param count the elements it holds
   * @param lanes the length of its vector, at least {@code count}
   */
  record Slot(long start, int count, int lanes) {}

  private final DType dtype;
  private final NavigableMap<Long, Slot> slots;
  private final Map<Slot, LLVMValueRef> allocas;
  private final Map<Slot, Written> written = new HashMap<>();
  private final Set<Slot> changed = new HashSet<>();

  /** What was written last, in the order of emission: a later read in the same block gets it. */
  private record Written(LLVMBasicBlockRef block, LLVMValueRef value) {}

  private SlotTable(DType dtype, NavigableMap<Long, Slot> slots, Map<Slot, LLVMValueRef> allocas) {
    this.dtype = dtype;
    this.slots = slots;
    this.allocas = allocas;
  }

  static SlotTable allocate(IrBuilder ir, DType dtype, String name, Iterable<Slot> slots) {
    NavigableMap<Long, Slot> byStart = new TreeMap<>();
    Map<Slot, LLVMValueRef> allocas = new HashMap<>();
    for (Slot slot : slots) {
      byStart.put(slot.start(), slot);
      allocas.put(slot, ir.entryAlloca(ir.types().register(dtype, slot.lanes()), name));
    }
    return new SlotTable(dtype, byStart, allocas);
  }

  /** {@code lanes} elements from a constant offset on, of which {@code count} matter. */
  Value load(IrBuilder ir, Affine offset, int count, int lanes) {
    Slot slot = slotOf(offset.constant());
    if (offset.lane() > 1 || offset.lane() < 0) {
      return pick(ir, offset, count, lanes);
    }
    LLVMValueRef whole = read(ir, slot);
    int at = Math.toIntExact(offset.constant() - slot.start());
    if (slot.lanes() == lanes && at == 0) {
      return new Value(whole, dtype, lanes);
    }
    if (lanes == 1) {
      return new Value(ir.extract(whole, at), dtype, 1);
    }
    int[] positions = new int[lanes];
    for (int lane = 0; lane < lanes; lane++) {
      positions[lane] = lane < count ? at + lane : -1;
    }
    return new Value(ir.shuffle(whole, ir.poison(LLVMTypeOf(whole)), positions), dtype, lanes);
  }

  /** Stores {@code count} lanes of {@code value}, those for which {@code guard} holds. */
  void store(IrBuilder ir, Affine offset, int count, Value value, Value guard) {
    if (offset.lane() > 1 || offset.lane() < 0) {
      throw new IllegalStateException("a strided store into registers");
    }
    Slot slot = slotOf(offset.constant());
    int at = Math.toIntExact(offset.constant() - slot.start());
    LLVMValueRef stored = value.ref();
    if (slot.lanes() == value.lanes() && at == 0 && guard == null && count == slot.count()) {
      write(ir, slot, stored);
      return;
    }
    if (guard != null) {
      Value before = load(ir, offset, count, value.lanes());
      Value condition = guard.isScalar() ? guard : ir.splat(guard, value.lanes());
      stored = ir.select(condition.ref(), stored, before.ref());
    }
    if (slot.lanes() == 1 || (slot.lanes() == value.lanes() && at == 0 && count == slot.count())) {
      write(ir, slot, stored);
      return;
    }
    LLVMValueRef whole = read(ir, slot);
    if (value.isScalar()) {
      write(ir, slot, ir.insert(whole, stored, at));
      return;
    }
    write(ir, slot, blend(ir, whole, stored, at, count, value.lanes(), slot.lanes()));
  }

  private static LLVMValueRef blend(
      IrBuilder ir, LLVMValueRef whole, LLVMValueRef part, int at, int count, int from, int to) {
    int[] widen = new int[to];
    int[] choose = new int[to];
    for (int lane = 0; lane < to; lane++) {
      boolean inside = lane >= at && lane < at + count;
      widen[lane] = inside && lane - at < from ? lane - at : -1;
      choose[lane] = inside ? to + lane : lane;
    }
    LLVMValueRef widened = ir.shuffle(part, ir.poison(LLVMTypeOf(part)), widen);
    return ir.shuffle(whole, widened, choose);
  }

  private Value pick(IrBuilder ir, Affine offset, int count, int lanes) {
    Optional<LLVMValueRef> column = column(ir, offset, count, lanes);
    if (column.isPresent()) {
      return new Value(column.get(), dtype, lanes);
    }
    LLVMValueRef result = ir.poison(ir.types().register(dtype, lanes));
    for (int lane = 0; lane < count; lane++) {
      Value element = load(ir, Affine.of(offset.constant() + lane * offset.lane()), 1, 1);
      result = ir.insert(result, element.ref(), lane);
    }
    return new Value(result, dtype, lanes);
  }

  /** The elements where each is at the same place of a vector of its own, as a square's columns. */
  private Optional<LLVMValueRef> column(IrBuilder ir, Affine offset, int count, int lanes) {
    List<Slot> rows = new ArrayList<>();
    for (int lane = 0; lane < count; lane++) {
      rows.add(slotOf(offset.constant() + lane * offset.lane()));
    }
    Slot first = rows.getFirst();
    int at = Math.toIntExact(offset.constant() - first.start());
    boolean alike =
        IntStream.range(0, count)
            .allMatch(
                lane ->
                    rows.get(lane).start() == first.start() + lane * offset.lane()
                        && rows.get(lane).lanes() == first.lanes());
    int bits = IrTypes.registerBits(dtype);
    if (!alike || !ColumnShuffle.fits(first.lanes(), lanes, bits)) {
      return Optional.empty();
    }
    List<LLVMValueRef> vectors = rows.stream().map(slot -> read(ir, slot)).toList();
    return Optional.of(new ColumnShuffle(ir, bits).column(vectors, at, lanes));
  }

  /** Each 32-bit element computed since the last time is computed here, whoever uses it. */
  void keepComputed(IrBuilder ir) {
    boolean real = dtype.equals(DType.F32);
    if (real || dtype.equals(DType.I32)) {
      for (Slot slot : slots.values()) {
        if (changed.remove(slot)) {
          LLVMValueRef whole = read(ir, slot);
          LLVMValueRef kept = whole;
          for (int lane = 0; lane < slot.count(); lane++) {
            LLVMValueRef own = slot.lanes() == 1 ? whole : ir.extract(whole, lane);
            LLVMValueRef same = ir.kept(own, real ? "=f,0" : "=r,0");
            kept = slot.lanes() == 1 ? same : ir.insert(kept, same, lane);
          }
          write(ir, slot, kept);
          changed.remove(slot);
        }
      }
    }
  }

  private Slot slotOf(long element) {
    Map.Entry<Long, Slot> entry = slots.floorEntry(element);
    if (entry == null || element >= entry.getValue().start() + entry.getValue().count()) {
      throw new IllegalStateException("element " + element + " has no register");
    }
    return entry.getValue();
  }

  /** The value itself where it is known, so that what takes it sees how it was computed. */
  private LLVMValueRef read(IrBuilder ir, Slot slot) {
    Written last = written.get(slot);
    if (last != null && last.block().equals(ir.currentBlock())) {
      return last.value();
    }
    return ir.load(ir.types().register(dtype, slot.lanes()), allocas.get(slot), alignment(slot));
  }

  private void write(IrBuilder ir, Slot slot, LLVMValueRef value) {
    ir.store(value, allocas.get(slot), alignment(slot));
    written.put(slot, new Written(ir.currentBlock(), value));
    changed.add(slot);
  }

  private int alignment(Slot slot) {
    int bytes = Math.max(1, IrTypes.registerBits(dtype) / 8) * slot.lanes();
    return Math.min(64, Integer.highestOneBit(bytes));
  }
}
