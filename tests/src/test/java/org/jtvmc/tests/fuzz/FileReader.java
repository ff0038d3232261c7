package org.jtvmc.tests.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.compiler.npz.Npz;
import org.jtvmc.compiler.npz.NpzException;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.data.SafeTensors;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.tuner.record.RecordException;
import org.jtvmc.tuner.record.RecordStore;

/** The parts of the program that read files which anyone may have written. */
enum FileReader {
  ONNX("model.onnx") {
    @Override
    void parse(Path file) {
      ModelSource.of(file.toString()).load(Map.of());
    }
  },
  RELAY("model.relay") {
    @Override
    void parse(Path file) {
      ModelSource.of(file.toString()).load(Map.of());
    }
  },
  RECORDS("records.jsonl") {
    @Override
    void parse(Path file) {
      RecordStore.open(file, FileReader::checkSentence).close();
    }
  },
  NPZ("inputs.npz") {
    @Override
    void parse(Path file) {
      Map<String, TensorType> wanted = new HashMap<>();
      for (String name : List.of("x", "y", "input_ids")) {
        wanted.put(name, TensorType.of(DType.F32, 2, 3));
      }
      Npz.read(file, wanted);
    }
  },
  SAFETENSORS("weights.safetensors") {
    @Override
    void parse(Path file) throws IOException {
      SafeTensors.map(file);
    }
  };

  private final String fileName;

  FileReader(String fileName) {
    this.fileName = fileName;
  }

  /** What a file for this reader is called. */
  String fileName() {
    return fileName;
  }

  /** Reads the file, or throws. */
  abstract void parse(Path file) throws IOException;

  /**
   * Reads a file that may hold anything.
   *
   * @throws AssertionError where the reader fails otherwise than by an exception of its own, with
   *     one sentence
   */
  void read(Path file) {
    try {
      parse(file);
    } catch (ModelException | NpzException | RecordException | IOException e) {
      checkSentence(e.getMessage());
    } catch (StackOverflowError e) {
      throw new AssertionError("the reader's stack overflows", e);
    }
  }

  private static void checkSentence(String message) {
    if (message == null || message.isBlank()) {
      throw new AssertionError("a fault without a sentence");
    }
    if (message.getBytes(StandardCharsets.UTF_8).length > 100_000) {
      throw new AssertionError("a sentence of " + message.length() + " characters");
    }
  }
}
