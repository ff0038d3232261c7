package org.jtvmc.compiler.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jtvmc.compiler.pipeline.CompiledModel;
import org.jtvmc.compiler.plan.Value;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.type.Dim;

/**
 * A model whose kernels are run one by one, to be timed and looked at: the same code, in the same
 * places of the same memory plan, as in its library.
 */
public sealed interface StepwiseModel extends AutoCloseable permits HostSteps, DeviceSteps {

  /**
   * The model on the machine that it was compiled for.
   *
   * @param inputs one array for each input
   * @param threads that serve one kernel on a CPU
   * @throws org.jtvmc.codegen.driver.CudaUnavailableException where it needs a GPU and there is
   *     none
   */
  static StepwiseModel of(CompiledModel model, List<NDArray> inputs, int threads) {
    return switch (model.target()) {
      case CpuTarget _ -> new HostSteps(model, inputs, threads);
      case CudaTarget _ -> new DeviceSteps(model, inputs);
    };
  }

  /** The number of calls that one run of the model makes. */
  int steps();

  /** Makes the {@code step}-th call, after those before it. */
  void run(int step);

  /** Makes the {@code step}-th call and measures it, in nanoseconds. */
  double time(int step);

  /** What a value of the model's plan holds now; memory that later steps may use again. */
  NDArray contents(Value value);

  @Override
  void close();

  /** What the sizes of a model are for these inputs. */
  static ToLongFunction<Dim> sizes(CompiledModel model, List<NDArray> inputs) {
    Map<Dim.Symbol, Long> given = new HashMap<>();
    model
        .open()
        .ifPresent(
            open ->
                open.sizes()
                    .forEach(
                        size ->
                            given.put(
                                size.symbol(),
                                inputs.get(size.tensor()).type().sizes().get(size.axis()))));
    return dim -> dim.evaluate(given::get);
  }

  /** The weights, mapped from their file. */
  static MemorySegment weights(CompiledModel model, Arena arena) {
    if (model.weightBytes() == 0) {
      return MemorySegment.NULL;
    }
    try (FileChannel file = FileChannel.open(model.weights(), StandardOpenOption.READ)) {
      return file.map(FileChannel.MapMode.READ_ONLY, 0, model.weightBytes(), arena);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the weights of " + model.name(), e);
    }
  }
}
