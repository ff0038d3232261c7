package org.jtvmc.tests.operators;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Runs models by ONNX Runtime, without its optimisations. */
public final class OnnxRuntimeReference {

  private OnnxRuntimeReference() {}

  /**
   * The model's outputs, in order.
   *
   * @throws OrtException where ONNX Runtime refuses the model
   */
  public static List<NDArray> run(ModelProto model, Map<String, NDArray> inputs)
      throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    Map<String, OnnxTensor> tensors = new HashMap<>();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
      options.setIntraOpNumThreads(1);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      try (OrtSession session = environment.createSession(model.toByteArray(), options)) {
        for (Map.Entry<String, NDArray> input : inputs.entrySet()) {
          tensors.put(input.getKey(), tensor(environment, input.getValue()));
        }
        try (OrtSession.Result result = session.run(tensors)) {
          List<NDArray> outputs = new ArrayList<>();
          for (Map.Entry<String, OnnxValue> output : result) {
            outputs.add(array((OnnxTensor) output.getValue()));
          }
          return outputs;
        }
      }
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  private static OnnxTensor tensor(OrtEnvironment environment, NDArray array) throws OrtException {
    if (array.dtype().isString()) {
      return OnnxTensor.createTensor(
          environment,
          array.texts().toArray(String[]::new),
          array.type().sizes().stream().mapToLong(Long::longValue).toArray());
    }
    ByteBuffer copy =
        ByteBuffer.allocateDirect((int) array.type().bytes()).order(ByteOrder.nativeOrder());
    MemorySegment.ofBuffer(copy).copyFrom(array.data());
    long[] shape = array.type().sizes().stream().mapToLong(Long::longValue).toArray();
    return OnnxTensor.createTensor(environment, copy, shape, javaType(array.dtype()));
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

  private static NDArray array(OnnxTensor tensor) throws OrtException {
    TensorInfo info = tensor.getInfo();
    if (info.type == OnnxJavaType.STRING) {
      List<String> texts = new ArrayList<>();
      flatten(tensor.getValue(), texts);
      return NDArray.ofTexts(LongStream.of(info.getShape()).boxed().toList(), texts);
    }
    String name = info.onnxType.name().replace("ONNX_TENSOR_ELEMENT_DATA_TYPE_", "");
    DType dtype =
        switch (name) {
          case "FLOAT" -> DType.F32;
          case "DOUBLE" -> DType.F64;
          default -> DType.parse(name);
        };
    NDArray array = NDArray.allocate(TensorType.of(dtype, info.getShape()));
    ByteBuffer contents = tensor.getByteBuffer();
    if (array.type().bytes() > 0) {
      array.data().copyFrom(MemorySegment.ofBuffer(contents));
    }
    return array;
  }

  private static OnnxJavaType javaType(DType dtype) {
    return switch (dtype.toString()) {
      case "float32" -> OnnxJavaType.FLOAT;
      case "float64" -> OnnxJavaType.DOUBLE;
      case "float16" -> OnnxJavaType.FLOAT16;
      case "bool" -> OnnxJavaType.BOOL;
      case "uint8" -> OnnxJavaType.UINT8;
      case "int8" -> OnnxJavaType.INT8;
      case "int16" -> OnnxJavaType.INT16;
      case "int32" -> OnnxJavaType.INT32;
      case "int64" -> OnnxJavaType.INT64;
      default -> throw new IllegalArgumentException("no input of type " + dtype);
    };
  }
}
