package org.jtvmc.codegen.load;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.jtvmc.codegen.load.ModelLayouts.DL_TENSOR;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.driver.CudaStream;
import org.jtvmc.codegen.driver.DeviceMemory;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.TensorType;

/** The workspace of one running inference, used by one thread at a time. */
public final class ModelContext implements AutoCloseable {

  private final LoadedLibrary library;
  private final Arena arena = Arena.ofShared();
  private final List<TensorInfo> infos;
  private final MemorySegment tensors;
  private final MethodHandle run;
  private final Optional<MethodHandle> runOnStream;
  private final MethodHandle destroy;
  private final MemorySegment model;
  private final MemorySegment context;

  /** Where the sizes of tensors are said whose sizes are open; null for the others. */
  private final List<MemorySegment> shapes = new ArrayList<>();

  ModelContext(LoadedLibrary library, MemorySegment model) {
    this.library = library;
    this.model = model;
    infos = Stream.concat(library.inputs().stream(), library.outputs().stream()).toList();
    run = library.function("run", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    runOnStream =
        library.onDevice()
            ? Optional.of(
                library.function(
                    "run_on_stream", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS)))
            : Optional.empty();
    destroy = library.function("context_destroy", FunctionDescriptor.ofVoid(ADDRESS));
    tensors = arena.allocate(DL_TENSOR, infos.size());
    for (int i = 0; i < infos.size(); i++) {
      ModelLayouts.fillTensor(tensor(i), library.tensorInfo(i));
      var decided = infos.get(i).decided();
      TensorType type = infos.get(i).type();
      if (decided.isPresent()) {
        ModelLayouts.setShape(
            tensor(i), arena.allocate(JAVA_LONG, Math.max(1, decided.get().rank())));
      }
      if (type.isStatic() || decided.isPresent()) {
        shapes.add(null);
      } else {
        shapes.add(arena.allocate(JAVA_LONG, type.rank()));
        ModelLayouts.setShape(tensor(i), shapes.getLast());
      }
    }
    try {
      context = create(model);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private MemorySegment create(MemorySegment model) {
    var create =
        library.function("context_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    try {
      var result = arena.allocate(ADDRESS);
      library.check((int) create.invokeExact(model, result));
      return result.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  private MemorySegment tensor(int index) {
    return tensors.asSlice(DL_TENSOR.byteSize() * index, DL_TENSOR);
  }

  /**
   * The types of the outputs for inputs of these shapes, which the next run takes its inputs to
   * have.
   *
   * @param inputs one shape for each input
   * @throws CodegenException with the library's sentence, where it does not run with them
   */
  public List<TensorType> resize(List<List<Long>> inputs) {
    for (int i = 0; i < inputs.size(); i++) {
      checkRank(infos.get(i), inputs.get(i));
      for (int axis = 0; shapes.get(i) != null && axis < inputs.get(i).size(); axis++) {
        shapes.get(i).setAtIndex(JAVA_LONG, axis, inputs.get(i).get(axis));
      }
    }
    if (shapes.stream().anyMatch(Objects::nonNull)) {
      try {
        var infer =
            library.function("infer_shapes", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
        library.check((int) infer.invokeExact(model, tensors));
      } catch (Throwable e) {
        throw Downcalls.unexpected(e);
      }
    }
    List<TensorType> outputs = new ArrayList<>();
    for (int i = inputs.size(); i < infos.size(); i++) {
      outputs.add(type(i));
    }
    return outputs;
  }

  private static void checkRank(TensorInfo info, List<Long> shape) {
    if (shape.size() != info.type().rank()) {
      throw new CodegenException(
          "tensor \"%s\" has rank %d where the model expects %d"
              .formatted(info.name(), shape.size(), info.type().rank()));
    }
  }

  /** Whether the tensor is an output that comes in memory of the context's. */
  private boolean isOwn(int index) {
    return infos.get(index).decided().filter(sizes -> !sizes.isBounded()).isPresent();
  }

  /** The type of a tensor in the next run; without elements where it says itself where they are. */
  private TensorType type(int index) {
    TensorType type = infos.get(index).type();
    if (isOwn(index)) {
      return TensorType.of(type.dtype(), new long[type.rank()]);
    }
    return shapes.get(index) == null
        ? type
        : TensorType.of(type.dtype(), shapes.get(index).toArray(JAVA_LONG));
  }

  /**
   * Runs the model.
   *
   * @param data native memory for the inputs, then the outputs: compact, row-major, in the model's
   *     shapes, or those of {@link #resize}; nothing is read of that for {@link #own} outputs
   * @throws IllegalArgumentException when the number or the size of the segments is wrong
   * @throws CodegenException with the library's sentence
   */
  public void run(List<MemorySegment> data) {
    if (data.size() != infos.size()) {
      throw new IllegalArgumentException(
          "the model has " + infos.size() + " inputs and outputs, not " + data.size());
    }
    for (int i = 0; i < data.size(); i++) {
      var info = infos.get(i);
      long bytes = type(i).bytes();
      if (data.get(i).byteSize() != bytes) {
        throw new IllegalArgumentException(
            "tensor \"%s\" has %d bytes where the model expects %d"
                .formatted(info.name(), data.get(i).byteSize(), bytes));
      }
      tensor(i).set(ADDRESS, ModelLayouts.offset(DL_TENSOR, "data"), data.get(i));
    }
    bindTo(ModelLayouts.CPU);
    try {
      library.check((int) run.invokeExact(context, tensors));
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  /**
   * Puts one run into a stream of the GPU, and returns at once. Only of a library that {@link
   * LoadedLibrary#onDevice runs on GPUs}.
   *
   * @param data the memory of the inputs, then of the outputs
   * @param stream of the library's GPU
   * @throws CodegenException with the library's sentence
   */
  public void run(List<DeviceMemory> data, CudaStream stream) {
    if (data.size() != infos.size()) {
      throw new IllegalArgumentException(
          "the model has " + infos.size() + " inputs and outputs, not " + data.size());
    }
    for (int i = 0; i < data.size(); i++) {
      tensor(i).set(JAVA_LONG, ModelLayouts.offset(DL_TENSOR, "data"), data.get(i).address());
    }
    bindTo(ModelLayouts.CUDA);
    try {
      library.check((int) runOnStream.orElseThrow().invokeExact(context, tensors, stream.handle()));
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  /**
   * An output, by its place among the outputs, where it comes in memory of the context's: its
   * elements after the last run, to be read until the next.
   */
  public Optional<MemorySegment> own(int output) {
    int index = infos.size() - library.outputs().size() + output;
    if (!isOwn(index)) {
      return Optional.empty();
    }
    TensorType type =
        TensorType.of(
            infos.get(index).type().dtype(),
            sizes(output).stream().mapToLong(Long::longValue).toArray());
    return Optional.of(
        tensor(index)
            .get(ADDRESS, ModelLayouts.offset(DL_TENSOR, "data"))
            .reinterpret(type.bytes()));
  }

  /**
   * Copies of the tensors that an array of DLTensors describes.
   *
   * @param tensors their bytes, as a library wrote them
   */
  public static List<NDArray> elements(MemorySegment tensors) {
    MemorySegment aligned = Arena.ofAuto().allocate(Math.max(1, tensors.byteSize()), 8);
    aligned.asSlice(0, tensors.byteSize()).copyFrom(tensors);
    List<NDArray> elements = new ArrayList<>();
    for (long at = 0; at < tensors.byteSize(); at += DL_TENSOR.byteSize()) {
      elements.add(ModelLayouts.copyOf(aligned.asSlice(at, DL_TENSOR.byteSize())));
    }
    return elements;
  }

  /** The sizes of an output, by its place among the outputs; of the last run. */
  public List<Long> sizes(int output) {
    int index = infos.size() - library.outputs().size() + output;
    var info = infos.get(index);
    if (info.decided().isEmpty()) {
      return info.type().sizes();
    }
    int rank = info.decided().get().rank();
    return LongStream.of(
            tensor(index)
                .get(ADDRESS, ModelLayouts.offset(DL_TENSOR, "shape"))
                .reinterpret(rank * JAVA_LONG.byteSize())
                .toArray(JAVA_LONG))
        .boxed()
        .toList();
  }

  private void bindTo(int deviceType) {
    for (int i = 0; i < infos.size(); i++) {
      tensor(i).set(JAVA_INT, ModelLayouts.offset(DL_TENSOR, "device_type"), deviceType);
    }
  }

  @Override
  public void close() {
    try {
      destroy.invokeExact(context);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
    arena.close();
  }
}
