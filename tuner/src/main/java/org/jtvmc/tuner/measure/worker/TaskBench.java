package org.jtvmc.tuner.measure.worker;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.load.CompiledKernel;
import org.jtvmc.codegen.load.KernelRuntime;
import org.jtvmc.codegen.load.LargeMemory;
import org.jtvmc.codegen.load.Surroundings;
import org.jtvmc.codegen.load.ThreadPool;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.tuner.measure.Feed;
import org.jtvmc.tuner.measure.InputData;
import org.jtvmc.tuner.measure.KernelCode;
import org.jtvmc.tuner.measure.MeasureTask;
import org.jtvmc.tuner.measure.ObjectCode;
import org.jtvmc.tuner.measure.OutputCheck;
import org.jtvmc.tuner.measure.Reference;
import org.jtvmc.tuner.measure.RunOutcome;
import org.jtvmc.tuner.measure.Runner.Effort;
import org.jtvmc.tuner.record.RecordStatus;

/** The inputs and the right outputs of one task, on which its candidates are run. */
final class TaskBench implements Bench {
  /** How long a task's first candidate runs before it is timed, or what it takes is the clock's. */
  private static final long WARM_UP_NANOS = 50_000_000;

  private final MeasureTask task;
  private final Machine machine;
  private final Arena arena = Arena.ofShared();
  private final List<NDArray> inputs = new ArrayList<>();
  private final List<NDArray> outputs = new ArrayList<>();
  private final List<OutputCheck> checks = new ArrayList<>();
  private boolean warm;

  /**
   * What kernels run on.
   *
   * @param stream memory that is read before each timed run, where kernels are to be timed as in a
   *     network
   */
  record Machine(KernelRuntime runtime, ThreadPool pool, Optional<MemorySegment> stream) {}

  /**
   * Makes the inputs and the right outputs.
   *
   * @throws RuntimeException where the reference itself cannot be computed
   */
  TaskBench(MeasureTask task, Machine machine, KernelBuilder builder) {
    this.task = task;
    this.machine = machine;
    task.inputs().forEach(input -> inputs.add(allocate(input.type())));
    task.outputs().forEach(type -> outputs.add(allocate(type)));
    try {
      List<NDArray> expected =
          switch (task.reference()) {
            case Reference.Evaluated(InputData.Range range, List<NDArray> right) -> {
              fill(range);
              yield right;
            }
            case Reference.Compiled compiled -> compute(builder.build(compiled.source()));
          };
      expected.forEach(right -> checks.add(new OutputCheck(right, task.readsFloats())));
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  List<NDArray> inputs() {
    return inputs;
  }

  List<NDArray> outputs() {
    return outputs;
  }

  @Override
  public long bytes() {
    long bytes = 0;
    for (NDArray input : inputs) {
      bytes += input.type().bytes();
    }
    for (NDArray output : outputs) {
      bytes += 2 * output.type().bytes();
    }
    return bytes;
  }

  private NDArray allocate(TensorType type) {
    return new NDArray(
        type, LargeMemory.allocate(arena, Math.max(type.bytes(), 1)).asSlice(0, type.bytes()));
  }

  private void fill(InputData.Range range) {
    for (int k = 0; k < inputs.size(); k++) {
      InputData.fill(inputs.get(k), task.inputs().get(k).limit(), range, k);
    }
  }

  private List<NDArray> compute(KernelCode reference) {
    fill(InputData.Range.SIGNED);
    List<NDArray> right = run(reference);
    if (!Reference.allFinite(right)) {
      fill(InputData.Range.POSITIVE);
      right = run(reference);
    }
    return right;
  }

  private List<NDArray> run(KernelCode code) {
    try (Arena scratch = Arena.ofShared();
        CompiledKernel kernel = load(code.object(), KernelCode.KERNEL)) {
      kernel.run(buffers(code, scratch), Optional.of(machine.pool));
    }
    List<NDArray> copies = new ArrayList<>();
    for (NDArray output : outputs) {
      NDArray copy = allocate(output.type());
      copy.data().copyFrom(output.data());
      copies.add(copy);
    }
    return copies;
  }

  @Override
  public RunOutcome measure(KernelCode code, double bestMs, Effort effort) {
    try (Arena scratch = Arena.ofShared();
        CompiledKernel kernel = load(code.object(), KernelCode.KERNEL)) {
      List<MemorySegment> buffers = buffers(code, scratch);
      outputs.forEach(OutputCheck::poison);
      long start = System.nanoTime();
      kernel.run(buffers, Optional.of(machine.pool));
      double firstMs = (System.nanoTime() - start) / 1e6;
      Optional<String> wrong = difference();
      if (wrong.isPresent()) {
        return new RunOutcome.Failed(RecordStatus.WRONG_ANSWER, wrong.get());
      }
      if (!warm) {
        warmUp(kernel, buffers);
      }
      TimingPlan plan = new TimingPlan(bestMs, effort, before(code));
      if (plan.isLost(firstMs)) {
        return new RunOutcome.Timed(List.of(firstMs));
      }
      return new RunOutcome.Timed(
          plan.time(
              firstMs,
              timing -> {
                double[] nanoseconds = kernel.measure(buffers, Optional.of(machine.pool), timing);
                return Arrays.stream(nanoseconds).map(ns -> ns / 1e6).boxed().toList();
              }));
    }
  }

  /**
   * The first candidate of all is the default schedule, with which the others are compared. It
   * would find a processor that has idled while it was built, and memory that was never touched.
   */
  private void warmUp(CompiledKernel kernel, List<MemorySegment> buffers) {
    long end = System.nanoTime() + WARM_UP_NANOS;
    while (System.nanoTime() < end) {
      kernel.run(buffers, Optional.of(machine.pool));
    }
    warm = true;
  }

  /** Other kernels push the weights out, and write what this one reads as it is. */
  private Optional<Surroundings> before(KernelCode code) {
    return machine.stream.map(
        stream ->
            new Surroundings(
                stream,
                code.feeds().stream()
                    .filter(feed -> !feed.packed())
                    .map(feed -> inputs.get(feed.index()).data())
                    .toList()));
  }

  /** What is wrong with the outputs as they are, in one sentence; empty where they are right. */
  Optional<String> difference() {
    for (int k = 0; k < outputs.size(); k++) {
      Optional<String> wrong = checks.get(k).difference(outputs.get(k));
      if (wrong.isPresent()) {
        String where = outputs.size() > 1 ? "output " + k + ", " : "";
        return Optional.of(where + wrong.get());
      }
    }
    return Optional.empty();
  }

  private CompiledKernel load(ObjectCode object, String symbol) {
    return new CompiledKernel(machine.runtime, symbol, object.bytes());
  }

  /** The results of the packing functions. */
  List<MemorySegment> packed(KernelCode code, Arena scratch) {
    List<MemorySegment> packed = new ArrayList<>();
    for (KernelCode.Packing packing : code.packings()) {
      MemorySegment result = LargeMemory.allocate(scratch, Math.max(packing.bytes(), 1));
      List<MemorySegment> buffers = new ArrayList<>();
      buffers.add(inputs.get(packing.input()).data());
      buffers.add(result);
      addWorkspace(packing.workspaceBytes(), scratch, buffers);
      try (CompiledKernel function = load(packing.object(), KernelCode.PACKING)) {
        function.run(buffers, Optional.of(machine.pool));
      }
      packed.add(result);
    }
    return packed;
  }

  /** The kernel's parameters: inputs, packed where it wants them so, outputs, workspace. */
  private List<MemorySegment> buffers(KernelCode code, Arena scratch) {
    List<MemorySegment> packed = packed(code, scratch);
    List<MemorySegment> buffers = new ArrayList<>();
    for (Feed feed : code.feeds()) {
      buffers.add(feed.packed() ? packed.get(feed.index()) : inputs.get(feed.index()).data());
    }
    outputs.forEach(output -> buffers.add(output.data()));
    addWorkspace(code.workspaceBytes(), scratch, buffers);
    return buffers;
  }

  private static void addWorkspace(long bytes, Arena scratch, List<MemorySegment> buffers) {
    if (bytes > 0) {
      buffers.add(LargeMemory.allocate(scratch, bytes));
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
