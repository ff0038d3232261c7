package org.jtvmc.compiler.run;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.codegen.load.LoadedLibrary;
import org.jtvmc.codegen.load.ModelContext;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.TensorType;

/** A compiled model, loaded, with memory for one run at a time. */
public final class ModelRunner implements AutoCloseable {

  private final LoadedLibrary library;
  private final ModelContext context;
  private final List<TensorInfo> inputs;
  private final List<TensorInfo> outputs;
  private GpuMemory gpu;

  /**
   * @param threads that serve one run; 0 means one for each core
   * @throws org.jtvmc.codegen.CodegenException with the library's own sentence where it cannot be
   *     opened
   */
  public ModelRunner(Path library, String name, int threads, Optional<Path> weights) {
    this.library = new LoadedLibrary(library, name, threads, weights);
    try {
      this.context = this.library.newContext();
    } catch (RuntimeException e) {
      this.library.close();
      throw e;
    }
    this.inputs = this.library.inputs();
    this.outputs = this.library.outputs();
  }

  public List<TensorInfo> inputs() {
    return inputs;
  }

  public List<TensorInfo> outputs() {
    return outputs;
  }

  /** Whether it runs on a GPU. */
  public boolean onDevice() {
    return library.onDevice();
  }

  /** The target string that the library was compiled for. */
  public String target() {
    return library.target();
  }

  /**
   * A run of the same inputs into the same outputs, to be repeated at no cost.
   *
   * @param arguments one array for each input
   */
  public Bound bind(List<NDArray> arguments) {
    if (!library.onDevice()) {
      return new HostBound(arguments);
    }
    if (gpu == null) {
      gpu = new GpuMemory();
    }
    return new DeviceBound(arguments, context, outputs, gpu);
  }

  /**
   * Runs once, from and to the CPU's memory; the results are new arrays.
   *
   * @throws org.jtvmc.codegen.CodegenException where the model does not run with such sizes
   */
  public List<NDArray> run(List<NDArray> arguments) {
    Bound bound = new HostBound(arguments);
    bound.run();
    return bound.results();
  }

  /**
   * The elements of an output that is a sequence of a length that the run decides.
   *
   * @param tensors the output: the bytes of DLTensors, valid until the next run
   */
  public static List<NDArray> elements(NDArray tensors) {
    return ModelContext.elements(tensors.data());
  }

  /** A run that can be repeated, with inputs and outputs in the memory where the model runs. */
  public sealed interface Bound permits HostBound, DeviceBound {

    /** Runs the model, and waits for it. */
    void run();

    /** What the last run wrote; the next run may write it anew. */
    List<NDArray> results();
  }

  /** Inputs and outputs in native memory. */
  private final class HostBound implements Bound {
    private final List<MemorySegment> data = new ArrayList<>();
    private final List<NDArray> results = new ArrayList<>();

    private HostBound(List<NDArray> arguments) {
      for (NDArray argument : arguments) {
        data.add(inNativeMemory(argument));
      }
      List<List<Long>> shapes =
          arguments.stream().map(argument -> argument.type().sizes()).toList();
      for (TensorType type : context.resize(shapes)) {
        NDArray result = NDArray.allocate(type);
        results.add(result);
        data.add(result.data());
      }
    }

    @Override
    public void run() {
      context.run(data);
    }

    @Override
    public List<NDArray> results() {
      List<NDArray> sized = new ArrayList<>(results);
      for (int i = 0; i < sized.size(); i++) {
        if (outputs.get(i).decided().isPresent()) {
          sized.set(i, decided(i, results.get(i)));
        }
        if (sized.get(i).dtype().isString()) {
          // The texts are the context's.
          sized.set(i, NDArray.ofTexts(sized.get(i).type().sizes(), sized.get(i).texts()));
        }
      }
      return sized;
    }
  }

  /** An output with the sizes that the last run decided. */
  private NDArray decided(int output, NDArray result) {
    List<Long> sizes = context.sizes(output);
    Optional<MemorySegment> own = context.own(output);
    if (own.isEmpty()) {
      return result.front(sizes);
    }
    TensorType type =
        TensorType.of(result.dtype(), sizes.stream().mapToLong(Long::longValue).toArray());
    NDArray copy = NDArray.allocate(type);
    copy.data().copyFrom(own.get());
    return copy;
  }

  static MemorySegment inNativeMemory(NDArray array) {
    MemorySegment data = array.data();
    if (data.isNative() && data.address() % array.dtype().alignment() == 0) {
      return data;
    }
    return Arena.ofAuto().allocate(data.byteSize(), 64).copyFrom(data);
  }

  @Override
  public void close() {
    if (gpu != null) {
      gpu.close();
    }
    context.close();
    library.close();
  }
}
