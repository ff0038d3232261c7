package org.jtvmc.tests.device;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.codegen.cuda.DeviceCompiler;
import org.jtvmc.codegen.cuda.DeviceKernel;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.cuda.TensorBox;
import org.jtvmc.codegen.emit.TileMap;
import org.jtvmc.codegen.kernel.CodeListener.Stage;
import org.jtvmc.codegen.pass.GpuPipeline;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.interpret.LoopInterpreter;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.schedule.lower.LoweredKernel;
import org.jtvmc.schedule.lower.PackedConstant;

/**
 * A kernel for a GPU, run by this machine's CPU: the LLVM IR from which PTX is made, thread by
 * thread, with checks of every access.
 */
public final class EmulatedKernel {
  private static final long SEED = Long.getLong("jtvmc.seed", 20261127);

  private final LoweredKernel lowered;
  private final DeviceKernel kernel;
  private final HostCode code;
  private final byte[] runtime;
  private long bankConflicts;
  private long sharedConflicts;

  /**
   * @param runtime what {@link DeviceThreads#build} made
   */
  public EmulatedKernel(LoweredKernel lowered, CudaTarget gpu, CpuTarget host, byte[] runtime) {
    this.lowered = lowered;
    this.runtime = runtime;
    String[] llvm = new String[1];
    try (DeviceCompiler compiler =
        new DeviceCompiler(
            gpu,
            GpuPipeline.passes(gpu),
            (stage, _, text) -> {
              if (stage == Stage.OPTIMIZED_LL) {
                llvm[0] = text.get();
              }
            })) {
      kernel = compiler.compile(lowered.func());
    }
    code = HostCode.of(llvm[0], kernel.launches(), gpu, host);
  }

  public DeviceKernel kernel() {
    return kernel;
  }

  /** Of the last run: how often {@code ldmatrix} had to wait for a bank of shared memory. */
  public long bankConflicts() {
    return bankConflicts;
  }

  /**
   * Of the last run: how many turns the other accesses of shared memory took more than they had to,
   * in the first two blocks of each launch.
   */
  public long sharedConflicts() {
    return sharedConflicts;
  }

  /**
   * What a kernel computed.
   *
   * @param blocks of the last launch, that ran
   * @param allBlocks of the last launch
   * @param outputs in the order of the kernel's
   * @param written for each output which of its elements were computed; empty where all were
   */
  public record Result(
      long blocks, long allBlocks, List<NDArray> outputs, List<Optional<BitSet>> written) {}

  /**
   * The outputs for these inputs.
   *
   * @param inputs by their placeholders
   * @throws AssertionError where the code does what it must not
   */
  public List<NDArray> run(Map<Tensor, NDArray> inputs) {
    return run(inputs, Long.MAX_VALUE).outputs();
  }

  /**
   * As the other, but of the last launch only some blocks, where it is a long one that counts none.
   *
   * @param mostAccesses of memory, after which the last launch begins no more blocks
   */
  public Result run(Map<Tensor, NDArray> inputs, long mostAccesses) {
    return run(inputs, mostAccesses, SEED);
  }

  /**
   * As the other.
   *
   * @param seed decides the order of blocks and threads
   */
  public Result run(Map<Tensor, NDArray> inputs, long mostAccesses, long seed) {
    try (DeviceThreads threads = new DeviceThreads(runtime, code);
        Arena arena = Arena.ofConfined()) {
      List<MemorySegment> given = new ArrayList<>();
      for (int i = 0; i < lowered.sources().size(); i++) {
        NDArray array = inputs.get(lowered.sources().get(i));
        given.add(copy(arena, packed(lowered.func().inputs().get(i), array)));
      }
      List<MemorySegment> results = new ArrayList<>();
      lowered.func().outputs().forEach(output -> results.add(unset(arena, type(output).bytes())));
      MemorySegment workspace = unset(arena, kernel.workspaceBytes());
      MemorySegment counters = unset(arena, kernel.counterBytes()).fill((byte) 0);
      DeviceThreads.Ran ran = null;
      Launch last = kernel.launches().getLast();
      for (Launch launch : kernel.launches()) {
        List<DeviceThreads.Argument> arguments = new ArrayList<>();
        for (Launch.Argument argument : launch.arguments()) {
          arguments.add(
              switch (argument) {
                case Launch.Argument.Data data ->
                    argument(data, given, results, workspace, counters);
                case Launch.Argument.Map(Launch.Argument.Data data, TensorBox box) -> {
                  MemorySegment tensor =
                      argument(data, given, results, workspace, counters).memory();
                  MemorySegment map = threads.encode(box, tensor, arena);
                  yield new DeviceThreads.Argument(map, false);
                }
              });
        }
        boolean whole = launch != last || countsBlocks(launch);
        ran = threads.run(launch, arguments, seed, whole ? Long.MAX_VALUE : mostAccesses);
      }
      if (counters.mismatch(MemorySegment.ofArray(new byte[(int) counters.byteSize()])) >= 0) {
        throw new AssertionError(kernel.name() + " leaves counters that are not zero");
      }
      bankConflicts = threads.bankConflicts();
      sharedConflicts = threads.sharedConflicts();
      List<NDArray> outputs = new ArrayList<>();
      List<Optional<BitSet>> written = new ArrayList<>();
      for (int i = 0; i < results.size(); i++) {
        NDArray output = NDArray.allocate(type(lowered.func().outputs().get(i)));
        output.data().copyFrom(results.get(i));
        outputs.add(output);
        written.add(computed(ran, results.get(i), output));
      }
      return new Result(ran.blocks(), last.grid().count(), outputs, written);
    }
  }

  /** True where blocks of it wait for others of it to come. */
  private static boolean countsBlocks(Launch launch) {
    return launch.arguments().stream().anyMatch(a -> a instanceof Launch.Argument.Counters);
  }

  private static DeviceThreads.Argument argument(
      Launch.Argument.Data data,
      List<MemorySegment> given,
      List<MemorySegment> results,
      MemorySegment workspace,
      MemorySegment counters) {
    return switch (data) {
      case Launch.Argument.Input(int index) -> new DeviceThreads.Argument(given.get(index), false);
      case Launch.Argument.Output(int index) ->
          new DeviceThreads.Argument(results.get(index), true);
      case Launch.Argument.Workspace(long offset) ->
          new DeviceThreads.Argument(workspace.asSlice(offset), true);
      case Launch.Argument.Counters(long offset) ->
          new DeviceThreads.Argument(counters.asSlice(offset), true);
    };
  }

  /**
   * Runs one launch on memory that others have allocated.
   *
   * @param addresses where the data of its arguments begin
   * @throws AssertionError where the code does what it must not: in a tensor's place it may touch
   *     no more than the tensor
   */
  void launch(Launch launch, MemorySegment addresses) {
    List<DeviceThreads.Argument> arguments = new ArrayList<>();
    for (int i = 0; i < launch.arguments().size(); i++) {
      MemorySegment begin = MemorySegment.ofAddress(addresses.getAtIndex(JAVA_LONG, i));
      arguments.add(
          switch (launch.arguments().get(i)) {
            case Launch.Argument.Input(int index) ->
                new DeviceThreads.Argument(
                    begin.reinterpret(type(lowered.func().inputs().get(index)).bytes()), false);
            case Launch.Argument.Output(int index) ->
                new DeviceThreads.Argument(
                    begin.reinterpret(type(lowered.func().outputs().get(index)).bytes()), true);
            case Launch.Argument.Workspace(long offset) ->
                new DeviceThreads.Argument(
                    begin.reinterpret(kernel.workspaceBytes() - offset), true);
            case Launch.Argument.Counters(long offset) ->
                new DeviceThreads.Argument(begin.reinterpret(kernel.counterBytes() - offset), true);
            case Launch.Argument.Map _ ->
                new DeviceThreads.Argument(begin.reinterpret(TileMap.BYTES), false);
          });
    }
    try (DeviceThreads threads = new DeviceThreads(runtime, code)) {
      threads.run(launch, arguments, SEED, Long.MAX_VALUE);
    }
  }

  /** Which elements of an output the last launch wrote; empty where all of them are there. */
  private static Optional<BitSet> computed(
      DeviceThreads.Ran ran, MemorySegment result, NDArray output) {
    BitSet pieces = ran.written().get(result);
    if (pieces == null) {
      return Optional.empty();
    }
    BitSet elements = new BitSet();
    for (int i = 0; i < output.elements(); i++) {
      elements.set(i, pieces.get(i * output.dtype().bytes() / ran.bytes()));
    }
    return Optional.of(elements);
  }

  /** What the kernel is given for a constant: the form that is made when a model is compiled. */
  private NDArray packed(Buffer parameter, NDArray given) {
    for (PackedConstant constant : lowered.packed()) {
      if (constant.packed() == parameter) {
        NDArray rewritten = NDArray.allocate(type(parameter));
        LoopInterpreter.run(constant.packing(), List.of(given), List.of(rewritten));
        return rewritten;
      }
    }
    return given;
  }

  /** Apart from other arrays, so that what goes beyond the end is seen. */
  private static MemorySegment unset(Arena arena, long bytes) {
    arena.allocate(DeviceKernel.ALIGNMENT, DeviceKernel.ALIGNMENT);
    MemorySegment memory = arena.allocate(Math.max(1, bytes), DeviceKernel.ALIGNMENT);
    memory.fill((byte) 0xff);
    arena.allocate(DeviceKernel.ALIGNMENT, DeviceKernel.ALIGNMENT);
    return memory.asSlice(0, bytes);
  }

  private static MemorySegment copy(Arena arena, NDArray array) {
    MemorySegment memory = unset(arena, array.data().byteSize());
    memory.copyFrom(array.data());
    return memory;
  }

  private static TensorType type(Buffer buffer) {
    long[] shape = buffer.shape().stream().mapToLong(size -> ((IntImm) size).value()).toArray();
    return TensorType.of(buffer.dtype(), shape);
  }
}
