package org.jtvmc.compiler.verify;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** An ONNX model in ONNX Runtime on this machine's CPU, with all its graph optimisations on. */
public final class OnnxRuntimeSession implements AutoCloseable {

  /** The name in options and reports. */
  public static final String NAME = "onnxruntime";

  private final OrtEnvironment environment = OnnxRuntimeLibrary.environment();
  private final OrtSession session;

  /** The folder of external data, where the model itself is no file. */
  private static final String DATA_FOLDER = "session.model_external_initializers_file_folder_path";

  /** As the other, for inputs of the sizes that the file has. */
  public OnnxRuntimeSession(Path model, int threads) {
    this(model, Map.of(), threads);
  }

  /**
   * @param shapes of the inputs, by name; the file may have others
   * @param threads that serve one run, the caller included
   * @throws ModelException where ONNX Runtime does not take the model
   */
  public OnnxRuntimeSession(Path model, Map<String, List<Long>> shapes, int threads) {
    try (SessionOptions options = new SessionOptions()) {
      options.setOptimizationLevel(OptLevel.ALL_OPT);
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      Optional<byte[]> freed = FreedSizes.of(model, shapes);
      if (freed.isPresent()) {
        options.addConfigEntry(DATA_FOLDER, model.toAbsolutePath().getParent().toString());
      }
      session =
          freed.isPresent()
              ? environment.createSession(freed.get(), options)
              : environment.createSession(model.toString(), options);
    } catch (OrtException e) {
      throw failure(model.toString(), e);
    }
  }

  /** Loads ONNX Runtime's library, and no model. */
  public static void load() {
    OnnxRuntimeLibrary.environment();
  }

  /** ONNX Runtime's version. */
  public String version() {
    return environment.getVersion();
  }

  /** The shapes of arguments, by the inputs' names. */
  public static Map<String, List<Long>> shapes(List<TensorInfo> inputs, List<NDArray> arguments) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      shapes.put(inputs.get(i).name(), arguments.get(i).type().sizes());
    }
    return shapes;
  }

  /** Inputs in ONNX Runtime's memory, for repeated runs. */
  public Bound bind(List<TensorInfo> inputs, List<NDArray> arguments) {
    Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      tensors.put(inputs.get(i).name(), tensor(inputs.get(i).name(), arguments.get(i)));
    }
    return new Bound(tensors);
  }

  /** A run of the same inputs, to be repeated. */
  public final class Bound implements AutoCloseable {
    private final Map<String, OnnxTensor> inputs;

    private Bound(Map<String, OnnxTensor> inputs) {
      this.inputs = inputs;
    }

    /** Runs the model and drops the results. */
    public void run() {
      try (OrtSession.Result result = session.run(inputs)) {
        assert result != null;
      } catch (OrtException e) {
        throw failure("the model", e);
      }
    }

    /** The results of one run, in the order of {@code outputs}. */
    public List<NDArray> results(List<TensorInfo> outputs) {
      List<NDArray> results = new ArrayList<>();
      try (OrtSession.Result result = session.run(inputs)) {
        for (TensorInfo output : outputs) {
          results.add(copy(output, (OnnxTensor) result.get(output.name()).orElseThrow()));
        }
      } catch (OrtException e) {
        throw failure("the model", e);
      }
      return results;
    }

    @Override
    public void close() {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private static NDArray copy(TensorInfo output, OnnxTensor tensor) throws OrtException {
    if (output.type().dtype().isString()) {
      List<String> texts = new ArrayList<>();
      flatten(tensor.getValue(), texts);
      return NDArray.ofTexts(LongStream.of(tensor.getInfo().getShape()).boxed().toList(), texts);
    }
    NDArray array =
        NDArray.allocate(
            output.decided().isPresent()
                ? TensorType.of(output.type().dtype(), tensor.getInfo().getShape())
                : output.type());
    MemorySegment source = MemorySegment.ofBuffer(tensor.getByteBuffer());
    if (source.byteSize() != array.data().byteSize()) {
      throw new ModelException(
          "%s gives %d bytes for output '%s' where %s is expected"
              .formatted(NAME, source.byteSize(), output.name(), output.type()));
    }
    array.data().copyFrom(source);
    return array;
  }

  /** The texts of nested arrays, in order. */
  private static void flatten(Object value, List<String> into) {
    if (value instanceof Object[] array) {
      for (Object element : array) {
        flatten(element, into);
      }
    } else {
      into.add((String) value);
    }
  }

  private OnnxTensor tensor(String name, NDArray array) {
    long[] shape = array.type().sizes().stream().mapToLong(Long::longValue).toArray();
    try {
      if (array.dtype().isString()) {
        return OnnxTensor.createTensor(environment, array.texts().toArray(String[]::new), shape);
      }
      return OnnxTensor.createTensor(
          environment,
          inNativeMemory(array).asByteBuffer().order(ByteOrder.nativeOrder()),
          shape,
          javaType(array.dtype()));
    } catch (OrtException e) {
      throw failure("input '" + name + "'", e);
    }
  }

  private static MemorySegment inNativeMemory(NDArray array) {
    return NDArray.allocate(array.type()).data().copyFrom(array.data());
  }

  private static OnnxJavaType javaType(DType dtype) {
    return switch (dtype.kind()) {
      case FLOAT ->
          switch (dtype.bits()) {
            case 16 -> OnnxJavaType.FLOAT16;
            case 32 -> OnnxJavaType.FLOAT;
            default -> OnnxJavaType.DOUBLE;
          };
      case BFLOAT -> OnnxJavaType.BFLOAT16;
      case TFLOAT,
          FLOAT8_E4M3FN,
          FLOAT8_E4M3FNUZ,
          FLOAT8_E5M2,
          FLOAT8_E5M2FNUZ,
          FLOAT8_E8M0FNU,
          FLOAT4_E2M1FN ->
          throw new ModelException("%s takes no input of type %s".formatted(NAME, dtype));
      case BOOL -> OnnxJavaType.BOOL;
      case STRING -> OnnxJavaType.STRING;
      case UINT -> OnnxJavaType.UINT8;
      case INT ->
          switch (dtype.bits()) {
            case 8 -> OnnxJavaType.INT8;
            case 16 -> OnnxJavaType.INT16;
            case 32 -> OnnxJavaType.INT32;
            default -> OnnxJavaType.INT64;
          };
    };
  }

  private static ModelException failure(String what, OrtException e) {
    return new ModelException("%s: %s: %s".formatted(NAME, what, e.getMessage()), e);
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw failure("closing", e);
    }
  }
}
