package org.jtvmc.tuner.record;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jtvmc.schedule.step.StepCodec;

/**
 * A record as one line of JSON. Unknown fields are ignored, so that later versions may add some.
 */
final class RecordCodec {

  /** A line that is no record; the message completes the sentence "line n ...". */
  static final class MalformedRecord extends Exception {
    MalformedRecord(String message) {
      super(message);
    }

    MalformedRecord(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private final ObjectMapper mapper =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  /** The line, without its end. */
  String write(TuningRecord record) {
    ObjectNode line = mapper.createObjectNode();
    line.put("v", TuningRecord.FORMAT);
    line.put("workload", record.key().workload());
    line.put("task", record.task());
    RecordTarget target = record.key().target();
    ObjectNode machine = line.putObject("target");
    machine.put("kind", target.kind());
    machine.put("cpu", target.cpu());
    ArrayNode features = machine.putArray("features");
    target.features().forEach(features::add);
    machine.put("cores", target.cores());
    try {
      line.set("steps", mapper.readTree(record.steps()));
      ObjectNode decisions = line.putObject("decisions");
      new TreeMap<>(record.decisions()).forEach(decisions::put);
      ArrayNode times = line.putArray("times_ms");
      record.timesMs().forEach(times::add);
      line.put("status", record.status().symbol());
      line.put("error", record.error());
      line.put("seed", record.seed());
      line.put("at", record.at().toString());
      line.put("compiler", record.compiler());
      if (record.confirmed()) {
        line.put("confirmed", true);
      }
      write(record.conditions(), line);
      return mapper.writeValueAsString(line);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("steps are not JSON: " + record.steps(), e);
    }
  }

  TuningRecord read(byte[] bytes) throws MalformedRecord {
    JsonNode line;
    try {
      line = mapper.readTree(bytes);
    } catch (java.io.IOException e) {
      throw new MalformedRecord("is not JSON", e);
    }
    if (!line.isObject()) {
      throw new MalformedRecord("is not a JSON object");
    }
    JsonNode version = line.path("v");
    if (!version.isInt() || version.intValue() != TuningRecord.FORMAT) {
      throw new MalformedRecord(
          "has format version " + version + ", and this program reads " + TuningRecord.FORMAT);
    }
    JsonNode steps = line.path("steps");
    if (!steps.isArray()) {
      throw new MalformedRecord("has no list of steps");
    }
    String symbol = text(line, "status");
    RecordStatus status =
        RecordStatus.parse(symbol)
            .orElseThrow(() -> new MalformedRecord("has the unknown status '" + symbol + "'"));
    try {
      StepCodec.fromJson(steps);
      return new TuningRecord(
          new RecordKey(text(line, "workload"), target(line.path("target"))),
          line.path("task").asText(""),
          steps.toString(),
          decisions(line.path("decisions")),
          status == RecordStatus.OK ? times(line.path("times_ms")) : List.of(),
          status,
          line.path("error").asText(""),
          line.path("seed").asLong(0),
          Instant.parse(text(line, "at")),
          line.path("compiler").asText(""),
          line.path("confirmed").asBoolean(false),
          conditions(line));
    } catch (DateTimeException e) {
      throw new MalformedRecord("has no valid time in 'at'", e);
    } catch (IllegalArgumentException e) {
      throw new MalformedRecord("is not a measured schedule: " + e.getMessage(), e);
    }
  }

  private static void write(Conditions conditions, ObjectNode line) {
    if (!conditions.measured()) {
      line.put("measured", false);
    }
    conditions.estimatedMs().ifPresent(ms -> line.put("estimated_ms", ms));
    conditions
        .clock()
        .ifPresent(
            clock -> {
              line.put("clock_mhz", clock.mhz());
              if (clock.heldDown()) {
                line.put("clock_held_down", true);
              }
            });
    if (conditions.inNetwork()) {
      line.put("in_network", true);
    }
  }

  private static Conditions conditions(JsonNode line) {
    JsonNode estimate = line.path("estimated_ms");
    JsonNode clock = line.path("clock_mhz");
    return new Conditions(
        line.path("measured").asBoolean(true),
        estimate.isNumber() ? OptionalDouble.of(estimate.doubleValue()) : OptionalDouble.empty(),
        clock.isInt()
            ? Optional.of(
                new DeviceClock(clock.intValue(), line.path("clock_held_down").asBoolean(false)))
            : Optional.empty(),
        line.path("in_network").asBoolean(false));
  }

  private static RecordTarget target(JsonNode node) throws MalformedRecord {
    if (!node.isObject()) {
      throw new MalformedRecord("has no target");
    }
    List<String> features = new ArrayList<>();
    for (JsonNode feature : node.path("features")) {
      features.add(feature.asText());
    }
    return new RecordTarget(
        text(node, "kind"), text(node, "cpu"), features, node.path("cores").asInt(1));
  }

  private static Map<String, String> decisions(JsonNode node) {
    Map<String, String> decisions = new LinkedHashMap<>();
    node.properties().forEach(field -> decisions.put(field.getKey(), field.getValue().asText()));
    return decisions;
  }

  private static List<Double> times(JsonNode node) throws MalformedRecord {
    List<Double> times = new ArrayList<>();
    for (JsonNode time : node) {
      if (!time.isNumber()) {
        throw new MalformedRecord("has a time that is not a number");
      }
      times.add(time.doubleValue());
    }
    return times;
  }

  private static String text(JsonNode node, String field) throws MalformedRecord {
    JsonNode value = node.path(field);
    if (!value.isTextual()) {
      throw new MalformedRecord("has no '" + field + "'");
    }
    return value.textValue();
  }
}
