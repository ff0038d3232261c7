package org.jtvmc.compiler.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.npz.Npz;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.verify.OnnxRuntimeSession;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;

/**
 * A process in which one contestant loads a model and runs it, and which says how its memory grew.
 * What is there before counts for neither: the virtual machine, its classes, and the inputs.
 */
final class MemoryProbe {
  private static final int RUNS = 3;

  /** Written to a process's {@code clear_refs}, this makes its peak what it holds now. */
  private static final String FORGET_PEAK = "5";

  private static final Path STATUS = Path.of("/proc/self/status");

  private MemoryProbe() {}

  /**
   * @param arguments the contestant's name, its file, the threads, the file of the inputs, and for
   *     each input its name, element type, and sizes with commas between them
   */
  public static void main(String[] arguments) throws IOException {
    List<TensorInfo> inputs = new ArrayList<>();
    for (int i = 4; i < arguments.length; i += 3) {
      long[] shape =
          Arrays.stream(arguments[i + 2].split(","))
              .filter(size -> !size.isEmpty())
              .mapToLong(Long::parseLong)
              .toArray();
      DType dtype = DType.parse(arguments[i + 1]);
      inputs.add(new TensorInfo(arguments[i], TensorType.of(dtype, shape), dtype.bytes()));
    }
    Map<String, TensorType> types = new LinkedHashMap<>();
    inputs.forEach(input -> types.put(input.name(), input.type()));
    List<NDArray> arrays = List.copyOf(Npz.read(Path.of(arguments[3]), types).values());
    Path file = Path.of(arguments[1]);
    int threads = Integer.parseInt(arguments[2]);
    if (arguments[0].equals(OnnxRuntimeSession.NAME)) {
      OnnxRuntimeSession.load();
      report(() -> peer(file, threads, inputs, arrays));
    } else {
      Artifact artifact = Artifact.open(file);
      report(() -> ours(artifact, threads, arrays));
    }
  }

  private static void ours(Artifact artifact, int threads, List<NDArray> arrays) {
    try (ModelRunner runner = artifact.load(threads)) {
      ModelRunner.Bound bound = runner.bind(arrays);
      for (int i = 0; i < RUNS; i++) {
        bound.run();
      }
    }
  }

  private static void peer(Path model, int threads, List<TensorInfo> inputs, List<NDArray> arrays) {
    try (OnnxRuntimeSession session = new OnnxRuntimeSession(model, threads);
        OnnxRuntimeSession.Bound bound = session.bind(inputs, arrays)) {
      for (int i = 0; i < RUNS; i++) {
        bound.run();
      }
    }
  }

  private static void report(Runnable work) throws IOException {
    System.gc();
    Files.writeString(Path.of("/proc/self/clear_refs"), FORGET_PEAK);
    long before = status().get("VmRSS");
    work.run();
    System.out.println(PeakMemory.MARK + (status().get("VmHWM") - before));
  }

  /** Figures of this process, in bytes. */
  private static Map<String, Long> status() throws IOException {
    return Files.readAllLines(STATUS).stream()
        .map(line -> line.split("\\s+"))
        .filter(words -> words.length == 3 && words[2].equals("kB"))
        .collect(
            Collectors.toMap(
                words -> words[0].replace(":", ""), words -> Long.parseLong(words[1]) << 10));
  }
}
