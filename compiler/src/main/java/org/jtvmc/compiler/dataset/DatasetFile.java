package org.jtvmc.compiler.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jtvmc.ir.file.FileFault;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.tuner.record.RecordException;

/**
 * A data set on disk: JSON lines of two kinds. The first line of a kernel names its workload and
 * the machine,
 *
 * <pre>{"v":1,"kernel":K,"family":"dense","module":"def @main...","target":{...},"in_network":true}
 * </pre>
 *
 * where the last says that it was timed with the caches as a network leaves them, and each measured
 * schedule of it is a line
 *
 * <pre>{"v":1,"kernel":K,"by":"random","steps":[...],"time_ms":0.12}</pre>
 *
 * without a time where it failed, where {@code by} is the {@link Proposer}. Schedules and not
 * features are kept, so that the file outlives changes of the features. Lines are appended; a torn
 * last line is skipped.
 */
public final class DatasetFile {
  private static final int FORMAT = 1;

  private final Path file;
  private final ObjectMapper mapper = new ObjectMapper();

  /**
   * A kernel of the data set.
   *
   * @param id its number, from which the generator draws it
   * @param samples its measured schedules
   */
  public record Kernel(int id, Workload workload, CpuTarget target, List<Sample> samples) {}

  /**
   * A measured schedule.
   *
   * @param steps in canonical JSON
   * @param by who proposed it
   * @param timeMs of one run; infinite where it failed
   */
  public record Sample(String steps, Proposer by, double timeMs) {}

  public DatasetFile(Path file) {
    this.file = file;
  }

  /**
   * Begins a kernel.
   *
   * @param inNetwork whether it is timed with the caches as a network leaves them
   */
  void append(int id, Workload workload, CpuTarget target, boolean inNetwork) {
    ObjectNode line = line(id);
    line.put("family", workload.family());
    line.put("module", workload.module());
    ObjectNode machine = line.putObject("target");
    machine.put("triple", target.triple());
    machine.put("cpu", target.cpu());
    ArrayNode features = machine.putArray("features");
    target.features().forEach(features::add);
    machine.put("cores", target.cores());
    machine.put("l1", target.caches().l1());
    machine.put("l2", target.caches().l2());
    machine.put("l3", target.caches().l3());
    line.put("in_network", inNetwork);
    write(List.of(line));
  }

  /** Adds measured schedules of a kernel. */
  void append(int id, List<Sample> samples) {
    List<ObjectNode> lines = new ArrayList<>();
    for (Sample sample : samples) {
      ObjectNode line = line(id).put("by", sample.by().symbol());
      try {
        line.set("steps", mapper.readTree(sample.steps()));
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException("steps are not JSON: " + sample.steps(), e);
      }
      if (!Double.isInfinite(sample.timeMs())) {
        line.put("time_ms", sample.timeMs());
      }
      lines.add(line);
    }
    write(lines);
  }

  private ObjectNode line(int id) {
    return mapper.createObjectNode().put("v", FORMAT).put("kernel", id);
  }

  private void write(List<ObjectNode> lines) {
    StringBuilder text = new StringBuilder();
    try {
      boolean torn = Files.exists(file) && Files.size(file) > 0 && !endsWithLine();
      text.append(torn ? "\n" : "");
      for (ObjectNode line : lines) {
        text.append(mapper.writeValueAsString(line)).append('\n');
      }
      Files.writeString(
          file, text, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new RecordException(
          "cannot write the data set %s: %s".formatted(file, FileFault.reason(e)), e);
    }
  }

  private boolean endsWithLine() throws IOException {
    try (var channel = Files.newByteChannel(file)) {
      var last = java.nio.ByteBuffer.allocate(1);
      channel.position(channel.size() - 1).read(last);
      return last.get(0) == '\n';
    }
  }

  /**
   * All kernels, in the order of the file; none where there is no such file.
   *
   * @throws RecordException where it cannot be read
   */
  public List<Kernel> read() {
    Map<Integer, Kernel> kernels = new LinkedHashMap<>();
    if (!Files.exists(file)) {
      return List.of();
    }
    try (var lines = Files.lines(file)) {
      lines.forEach(line -> parse(line).ifPresent(node -> take(node, kernels)));
    } catch (IOException e) {
      throw new RecordException("cannot read the data set " + file + ": " + e.getMessage(), e);
    }
    return List.copyOf(kernels.values());
  }

  private Optional<JsonNode> parse(String line) {
    try {
      return Optional.of(mapper.readTree(line))
          .filter(node -> node.path("v").asInt() == FORMAT && node.path("kernel").isInt());
    } catch (JsonProcessingException _) {
      return Optional.empty();
    }
  }

  private static void take(JsonNode node, Map<Integer, Kernel> kernels) {
    int id = node.path("kernel").intValue();
    if (node.has("module")) {
      Workload workload = new Workload(node.path("family").asText(), node.path("module").asText());
      kernels.put(id, new Kernel(id, workload, target(node.path("target")), new ArrayList<>()));
    } else if (kernels.containsKey(id) && node.path("steps").isArray()) {
      double time = node.path("time_ms").asDouble(Double.POSITIVE_INFINITY);
      Proposer by = Proposer.of(node.path("by").asText());
      kernels.get(id).samples().add(new Sample(node.path("steps").toString(), by, time));
    }
  }

  private static CpuTarget target(JsonNode node) {
    TreeSet<String> features = new TreeSet<>();
    node.path("features").forEach(feature -> features.add(feature.asText()));
    return new CpuTarget(
        node.path("triple").asText(),
        node.path("cpu").asText(),
        features,
        node.path("cores").asInt(1),
        new CpuTarget.Caches(
            node.path("l1").asLong(), node.path("l2").asLong(), node.path("l3").asLong()));
  }
}
