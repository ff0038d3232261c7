package org.jtvmc.tests.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.npz.Npz;
import org.jtvmc.compiler.onnx.OnnxImporter;
import org.jtvmc.compiler.onnx.OnnxModel;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.data.SafeTensors;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.tests.operators.OperatorModels;

/** Right files of each kind, small ones, from which a fuzzer starts. */
public final class Seeds {

  private Seeds() {}

  /** Writes the seeds of the reader named first into the folder named second. */
  public static void main(String[] arguments) throws IOException {
    write(FileReader.valueOf(arguments[0]), Path.of(arguments[1]));
  }

  static void write(FileReader reader, Path folder) throws IOException {
    Files.createDirectories(folder);
    switch (reader) {
      case ONNX -> {
        OperatorModels.small()
            .forEach((name, model) -> write(folder, name + ".onnx", model.toByteArray()));
        HostileNumbers.all()
            .forEach(
                (name, model) ->
                    write(folder, "%x.onnx".formatted(name.hashCode()), model.toByteArray()));
        HostileBodies.all()
            .forEach((name, model) -> write(folder, name + ".onnx", model.toByteArray()));
      }
      case RELAY ->
          OperatorModels.small()
              .forEach(
                  (name, model) -> {
                    var module =
                        OnnxImporter.standard()
                            .load(OnnxModel.of(Path.of(name + ".onnx"), model), Map.of());
                    write(folder, name + ".relay", bytes(ModuleText.print(module)));
                  });
      case RECORDS -> write(folder, "records.jsonl", bytes(RECORDS));
      case NPZ -> Npz.write(folder.resolve("inputs.npz"), arrays());
      case SAFETENSORS -> SafeTensors.write(folder.resolve("weights.safetensors"), arrays());
    }
  }

  private static Map<String, NDArray> arrays() {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    arrays.put("x", NDArray.allocate(TensorType.of(DType.F32, 2, 3)));
    arrays.put("input_ids", NDArray.ofLongs(List.of(1L, 2L, 3L)));
    return arrays;
  }

  private static void write(Path folder, String name, byte[] contents) {
    try {
      Files.write(folder.resolve(name), contents);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static final String RECORDS =
      """
      {"v":1,"workload":"00000000000000000000000000000001","task":"dense","target":{"kind":"llvm","features":["avx2"],"cores":2},"steps":[["split","dense","i0",[4]],["vectorize","dense","i0.1"]],"decisions":{"a":"1"},"times_ms":[0.5,0.6],"status":"ok","error":"","seed":1,"at":"2026-01-01T00:00:00Z","compiler":"0.1.0"}
      """;
}
