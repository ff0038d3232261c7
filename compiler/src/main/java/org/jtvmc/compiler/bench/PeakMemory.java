package org.jtvmc.compiler.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jtvmc.codegen.library.TensorInfo;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.npz.Npz;
import org.jtvmc.compiler.verify.OnnxRuntimeSession;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.tuner.measure.worker.JavaCommand;

/**
 * How much a process grows, at its peak, by loading a model and running it three times: resident
 * memory as Linux counts it, pages of mapped files included. Each contestant has a process of its
 * own. Inputs are there before.
 *
 * @param inputs with the sizes to run with
 * @param file of the inputs' contents
 * @param threads that serve one run
 */
public record PeakMemory(List<TensorInfo> inputs, Path file, int threads) {
  static final String MARK = "peak growth in bytes: ";

  public PeakMemory {
    inputs = List.copyOf(inputs);
  }

  /**
   * Writes the inputs' contents for the processes.
   *
   * @param arrays one for each input
   * @param folder to write to
   */
  public static PeakMemory with(
      List<TensorInfo> inputs, List<NDArray> arrays, int threads, Path folder) {
    Map<String, NDArray> byName = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      byName.put(inputs.get(i).name(), arrays.get(i));
    }
    Path file = folder.resolve("memory-inputs.npz");
    Npz.write(file, byName);
    return new PeakMemory(inputs, file, threads);
  }

  /** Of a compiled model, in bytes; empty where the machine does not tell. */
  public OptionalLong of(Artifact artifact) {
    return measure("jtvmc", artifact.library());
  }

  /** Of ONNX Runtime with {@code model}, in bytes; empty where the machine does not tell. */
  public OptionalLong ofPeer(Path model) {
    return measure(OnnxRuntimeSession.NAME, model);
  }

  private OptionalLong measure(String contestant, Path model) {
    if (!Files.isWritable(Path.of("/proc/self/clear_refs"))) {
      return OptionalLong.empty();
    }
    List<String> arguments =
        new ArrayList<>(
            List.of(contestant, model.toString(), Integer.toString(threads), file.toString()));
    for (TensorInfo input : inputs) {
      arguments.add(input.name());
      arguments.add(input.type().dtype().toString());
      arguments.add(
          input.type().sizes().stream().map(Object::toString).collect(Collectors.joining(",")));
    }
    // The heap is all there from the start, so that it does not seem to grow.
    List<String> heap = List.of("-Xms96m", "-Xmx96m", "-XX:+AlwaysPreTouch");
    List<String> command = JavaCommand.of(heap, MemoryProbe.class.getName(), arguments);
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return printed
          .lines()
          .filter(line -> line.startsWith(MARK))
          .mapToLong(line -> Long.parseLong(line.substring(MARK.length())))
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return OptionalLong.empty();
    }
  }
}
