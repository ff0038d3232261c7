package org.jtvmc.compiler.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/** Runs a model in ONNX Runtime, as little optimised as it lets itself be. */
final class RuntimePeer {

  private RuntimePeer() {}

  /**
   * The model's outputs, in order.
   *
   * @param inputs by name
   * @throws OrtException where the runtime refuses the model
   */
  static List<NDArray> run(ModelProto model, Map<String, NDArray> inputs) throws OrtException {
    var environment = OrtEnvironment.getEnvironment();
    var tensors = new HashMap<String, OnnxTensor>();
    try (var options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
      options.setIntraOpNumThreads(1);
      try (var session = environment.createSession(model.toByteArray(), options)) {
        for (var input : inputs.entrySet()) {
          tensors.put(input.getKey(), tensor(environment, input.getValue()));
        }
        try (var result = session.run(tensors)) {
          var outputs = new ArrayList<NDArray>();
          for (var output : result) {
            outputs.add(array((OnnxTensor) output.getValue()));
          }
          return outputs;
        }
      }
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  /** Compares the outputs of a compiled model with these, to 1e-5. */
  static void assertGives(List<NDArray> expected, ModelRunner runner, Map<String, NDArray> inputs) {
    List<NDArray> results =
        runner.run(runner.inputs().stream().map(input -> inputs.get(input.name())).toList());
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i).type(), results.get(i).type());
      for (long at = 0; at < expected.get(i).elements(); at++) {
        assertEquals(expected.get(i).getDouble(at), results.get(i).getDouble(at), 1e-5);
      }
    }
  }

  private static OnnxTensor tensor(OrtEnvironment environment, NDArray array) throws OrtException {
    var shape = array.type().sizes().stream().mapToLong(Long::longValue).toArray();
    var bytes = ByteBuffer.allocateDirect(Math.toIntExact(array.data().byteSize()));
    MemorySegment.ofBuffer(bytes).copyFrom(array.data());
    bytes.order(ByteOrder.nativeOrder());
    return OnnxTensor.createTensor(environment, bytes, shape, javaType(array.dtype()));
  }

  private static NDArray array(OnnxTensor tensor) {
    var type = TensorType.of(dtype(tensor.getInfo().type), tensor.getInfo().getShape());
    var array = NDArray.allocate(type);
    var bytes = tensor.getByteBuffer();
    array.data().copyFrom(MemorySegment.ofBuffer(bytes));
    return array;
  }

  private static OnnxJavaType javaType(DType dtype) {
    for (var type : OnnxJavaType.values()) {
      if (type != OnnxJavaType.STRING
          && type != OnnxJavaType.UNKNOWN
          && dtype(type).equals(dtype)) {
        return type;
      }
    }
    throw new IllegalArgumentException("no such type: " + dtype);
  }

  private static DType dtype(OnnxJavaType type) {
    return switch (type) {
      case FLOAT -> DType.F32;
      case DOUBLE -> DType.F64;
      case INT8 -> DType.I8;
      case INT16 -> DType.I16;
      case INT32 -> DType.I32;
      case INT64 -> DType.I64;
      case BOOL -> DType.BOOL;
      case UINT8 -> DType.U8;
      case FLOAT16 -> DType.F16;
      case BFLOAT16 -> DType.BF16;
      case STRING, UNKNOWN -> throw new IllegalArgumentException("no such type: " + type);
    };
  }
}
