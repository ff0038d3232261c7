package org.jtvmc.codegen.load;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.jtvmc.codegen.load.ModelLayouts.ABI_VERSION;
import static org.jtvmc.codegen.load.ModelLayouts.MODEL_INFO;
import static org.jtvmc.codegen.load.ModelLayouts.OPTIONS;
import static org.jtvmc.codegen.load.ModelLayouts.TENSOR_INFO;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.driver.CudaUnavailableException;
import org.jtvmc.codegen.library.TensorInfo;

/**
 * A model library opened in this process through its C interface. Any number of threads may share
 * it, each with its own {@link ModelContext}. Closing it, after the contexts, unloads the library.
 */
public final class LoadedLibrary implements AutoCloseable {

  /** JTVMC_INVALID_ARGUMENT. */
  private static final int INVALID_ARGUMENT = 1;

  /** JTVMC_UNSUPPORTED_CPU. */
  private static final int UNSUPPORTED_CPU = 6;

  /** JTVMC_NO_DEVICE. */
  private static final int NO_DEVICE = 9;

  /** JTVMC_DEVICE. */
  private static final int DEVICE = 10;

  private final Arena arena = Arena.ofShared();
  private final String name;
  private final SymbolLookup symbols;
  private final MethodHandle error;
  private final MethodHandle close;
  private final MemorySegment info;
  private final MemorySegment model;

  /**
   * @param library the shared library's file
   * @param name the model's name, with which its functions begin
   * @param threads the threads that serve one run, the caller included; 0 means one per core
   * @param weights the weights file where it does not lie beside the library
   * @throws UnsupportedCpuException where this CPU lacks a feature
   * @throws CudaUnavailableException where it needs a GPU that is not here
   * @throws LibraryException where the file is no library of that model, or with the library's own
   *     sentence: a missing weights file
   */
  public LoadedLibrary(Path library, String name, int threads, Optional<Path> weights) {
    this.name = name;
    try {
      symbols = load(library);
      error = function("error", FunctionDescriptor.of(ADDRESS));
      close = function("close", FunctionDescriptor.ofVoid(ADDRESS));
      info = describe();
      model = open(threads, weights);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private SymbolLookup load(Path library) {
    ElfFile.requireWhole(library);
    try {
      return SymbolLookup.libraryLookup(library.toAbsolutePath(), arena);
    } catch (IllegalArgumentException e) {
      throw new LibraryException(library + " cannot be loaded as a shared library", e);
    }
  }

  MethodHandle function(String function, FunctionDescriptor type) {
    var symbol = name + "_" + function;
    var address =
        symbols
            .find(symbol)
            .orElseThrow(() -> new LibraryException("the library has no function " + symbol));
    return Linker.nativeLinker().downcallHandle(address, type);
  }

  private MemorySegment describe() {
    try {
      var described =
          ((MemorySegment) function("describe", FunctionDescriptor.of(ADDRESS)).invokeExact())
              .reinterpret(MODEL_INFO.byteSize());
      var version = ModelLayouts.getInt(described, MODEL_INFO, "abi_version");
      if (version != ABI_VERSION) {
        throw new LibraryException(
            "the library has interface version %d, not %d; compile the model again"
                .formatted(version, ABI_VERSION));
      }
      return described;
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  private MemorySegment open(int threads, Optional<Path> weights) {
    var open = function("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    try (var call = Arena.ofConfined()) {
      var options = call.allocate(OPTIONS);
      options.set(JAVA_INT, ModelLayouts.offset(OPTIONS, "num_threads"), threads);
      options.set(
          ADDRESS,
          ModelLayouts.offset(OPTIONS, "weights_path"),
          weights
              .map(path -> call.allocateFrom(path.toAbsolutePath().toString()))
              .orElse(MemorySegment.NULL));
      var result = call.allocate(ADDRESS);
      check((int) open.invokeExact(options, result));
      return result.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  /**
   * Throws the library's sentence for a status other than success.
   *
   * @throws LibraryException where the caller's data, the weights or the memory are at fault
   * @throws CodegenException for a call that must not be, or a fault of the device
   */
  void check(int status) {
    if (status == 0) {
      return;
    }
    try {
      var message = ModelLayouts.string((MemorySegment) error.invokeExact());
      if (status == UNSUPPORTED_CPU) {
        throw new UnsupportedCpuException(message);
      }
      if (status == NO_DEVICE) {
        throw new CudaUnavailableException(message);
      }
      if (status == INVALID_ARGUMENT || status == DEVICE) {
        throw new CodegenException(message);
      }
      throw new LibraryException(message);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
  }

  public List<TensorInfo> inputs() {
    return tensors(0, ModelLayouts.getInt(info, MODEL_INFO, "num_inputs"));
  }

  public List<TensorInfo> outputs() {
    return tensors(
        ModelLayouts.getInt(info, MODEL_INFO, "num_inputs"),
        ModelLayouts.getInt(info, MODEL_INFO, "num_outputs"));
  }

  /** Whether it runs on a GPU, the first one, and not on the CPU. */
  public boolean onDevice() {
    return ModelLayouts.getInt(info, MODEL_INFO, "device_type") == ModelLayouts.CUDA;
  }

  /** The target string the library was compiled for. */
  public String target() {
    return ModelLayouts.getString(info, MODEL_INFO, "target");
  }

  private List<TensorInfo> tensors(int first, int count) {
    return IntStream.range(first, first + count)
        .mapToObj(index -> ModelLayouts.tensorInfo(tensorInfo(index)))
        .toList();
  }

  /** The native description of the index-th tensor, inputs first. */
  MemorySegment tensorInfo(int index) {
    return ModelLayouts.getPointer(info, MODEL_INFO, "tensors")
        .reinterpret(TENSOR_INFO.byteSize() * (index + 1))
        .asSlice(TENSOR_INFO.byteSize() * index, TENSOR_INFO);
  }

  /** A context for one thread at a time. */
  public ModelContext newContext() {
    return new ModelContext(this, model);
  }

  @Override
  public void close() {
    try {
      close.invokeExact(model);
    } catch (Throwable e) {
      throw Downcalls.unexpected(e);
    }
    arena.close();
  }
}
