package org.jtvmc.schedule.step;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.Pipelining;

/**
 * The JSON form of steps: an array each, of the step's name and its fields, such as {@code
 * ["split", "dense", "i0", [4, 8]]}. The same step gives the same bytes.
 */
public final class StepCodec {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private StepCodec() {}

  /** All steps as one line of JSON: an array of arrays. */
  public static String write(List<? extends Step> steps) {
    return toJson(steps).toString();
  }

  /**
   * The inverse of {@link #write}.
   *
   * @throws IllegalArgumentException where the text is not a list of steps
   */
  public static List<Step> read(String json) {
    try {
      return fromJson(MAPPER.readTree(json));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a list of schedule steps: " + json, e);
    }
  }

  /** All steps as a JSON array. */
  public static ArrayNode toJson(List<? extends Step> steps) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    steps.forEach(step -> all.add(toJson(step)));
    return all;
  }

  /**
   * The steps of a JSON array.
   *
   * @throws IllegalArgumentException where one is not a step
   */
  public static List<Step> fromJson(JsonNode array) {
    List<Step> steps = new ArrayList<>();
    array.forEach(node -> steps.add(step(node)));
    return steps;
  }

  private static ArrayNode toJson(Step step) {
    return switch (step) {
      case Split(String stage, String axis, List<Long> factors) -> {
        ArrayNode node = node("split", stage, axis);
        ArrayNode numbers = node.addArray();
        factors.forEach(numbers::add);
        yield node;
      }
      case Fuse(String stage, List<String> axes) -> withNames(node("fuse", stage), axes);
      case Reorder(String stage, List<String> axes) -> withNames(node("reorder", stage), axes);
      case Inline(String stage) -> node("inline", stage);
      case UseStrategy(String strategy) -> node("strategy", strategy);
      case ComputeAt(String stage, String consumer, String axis) ->
          node("compute_at", stage, consumer, axis);
      case CacheWrite(String stage) -> node("cache_write", stage);
      case CacheRead(String stage, String reader, Scope scope) ->
          node("cache_read", stage, reader, scope.name());
      case Rfactor(String stage, String axis, boolean outermost) ->
          outermost ? node("rfactor", stage, axis, "outermost") : node("rfactor", stage, axis);
      case Pack(String stage, String reader, Optional<Attachment.At> at) ->
          at.map(loop -> node("pack", stage, reader, loop.stage(), loop.axis()))
              .orElseGet(() -> node("pack", stage, reader));
      case Vectorize(String stage, String axis) -> node("vectorize", stage, axis);
      case Unroll(String stage, String axis) -> node("unroll", stage, axis);
      case Parallel(String stage, String axis) -> node("parallel", stage, axis);
      case Bind(String stage, String axis, ThreadTag tag) ->
          node("bind", stage, axis, tag.symbol());
      case SetScope(String stage, Scope scope) -> node("set_scope", stage, scope.name());
      case OrderStorage(String stage, List<String> axes, long padding, boolean swizzled) ->
          swizzled
              ? withNames(node("swizzle_storage", stage), axes)
              : withNames(node("order_storage", stage), axes).add(padding);
      case Tensorize(String stage, String axis, String intrinsic) ->
          node("tensorize", stage, axis, intrinsic);
      case Pipeline(String stage, String axis, int depth, Pipelining.Way way) ->
          node(
                  switch (way) {
                    case REGISTERS -> "pipeline";
                    case ASYNC -> "pipeline_async";
                    case TILES -> "pipeline_tiles";
                  },
                  stage,
                  axis)
              .add(depth);
      case JoinLaunch(String stage, String producer) -> node("join_launch", stage, producer);
      case SoftmaxAlong(String stage, long part) -> node("softmax_along", stage).add(part);
      case AutoUnroll(String stage, int maxSteps) -> node("auto_unroll", stage).add(maxSteps);
    };
  }

  private static Step step(JsonNode node) {
    String stage = text(node, 1);
    return switch (text(node, 0)) {
      case "split" -> new Split(stage, text(node, 2), numbers(node, 3));
      case "fuse" -> new Fuse(stage, names(node, 2));
      case "reorder" -> new Reorder(stage, names(node, 2));
      case "inline" -> new Inline(stage);
      case "strategy" -> new UseStrategy(stage);
      case "compute_at" -> new ComputeAt(stage, text(node, 2), text(node, 3));
      case "cache_write" -> new CacheWrite(stage);
      case "cache_read" -> new CacheRead(stage, text(node, 2), scope(node, 3));
      case "rfactor" -> new Rfactor(stage, text(node, 2), node.size() > 3);
      case "pack" ->
          new Pack(
              stage,
              text(node, 2),
              node.size() > 3
                  ? Optional.of(new Attachment.At(text(node, 3), text(node, 4)))
                  : Optional.empty());
      case "vectorize" -> new Vectorize(stage, text(node, 2));
      case "unroll" -> new Unroll(stage, text(node, 2));
      case "parallel" -> new Parallel(stage, text(node, 2));
      case "bind" -> new Bind(stage, text(node, 2), tag(node, 3));
      case "set_scope" -> new SetScope(stage, scope(node, 2));
      case "order_storage" -> new OrderStorage(stage, names(node, 2), number(node, 3));
      case "swizzle_storage" -> new OrderStorage(stage, names(node, 2), 0, true);
      case "pipeline" -> pipeline(node, stage, Pipelining.Way.REGISTERS);
      case "pipeline_async" -> pipeline(node, stage, Pipelining.Way.ASYNC);
      case "pipeline_tiles" -> pipeline(node, stage, Pipelining.Way.TILES);
      case "tensorize" -> new Tensorize(stage, text(node, 2), text(node, 3));
      case "softmax_along" -> new SoftmaxAlong(stage, number(node, 2));
      case "join_launch" -> new JoinLaunch(stage, text(node, 2));
      case "auto_unroll" -> new AutoUnroll(stage, Math.toIntExact(number(node, 2)));
      default -> throw malformed(node);
    };
  }

  private static Pipeline pipeline(JsonNode node, String stage, Pipelining.Way way) {
    return new Pipeline(stage, text(node, 2), Math.toIntExact(number(node, 3)), way);
  }

  private static ArrayNode node(String... texts) {
    ArrayNode node = JsonNodeFactory.instance.arrayNode();
    for (String text : texts) {
      node.add(text);
    }
    return node;
  }

  private static ArrayNode withNames(ArrayNode node, List<String> names) {
    ArrayNode array = node.addArray();
    names.forEach(array::add);
    return node;
  }

  private static String text(JsonNode node, int index) {
    JsonNode field = node.path(index);
    if (!field.isTextual()) {
      throw malformed(node);
    }
    return field.textValue();
  }

  private static long number(JsonNode node, int index) {
    JsonNode field = node.path(index);
    if (!field.canConvertToLong() || !field.isIntegralNumber()) {
      throw malformed(node);
    }
    return field.longValue();
  }

  private static List<String> names(JsonNode node, int index) {
    JsonNode array = array(node, index);
    List<String> names = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      names.add(text(array, i));
    }
    return names;
  }

  private static List<Long> numbers(JsonNode node, int index) {
    JsonNode array = array(node, index);
    List<Long> numbers = new ArrayList<>(array.size());
    for (int i = 0; i < array.size(); i++) {
      numbers.add(number(array, i));
    }
    return numbers;
  }

  private static JsonNode array(JsonNode node, int index) {
    if (!node.path(index).isArray()) {
      throw malformed(node);
    }
    return node.path(index);
  }

  private static Scope scope(JsonNode node, int index) {
    String name = text(node, index);
    for (Scope scope : Scope.values()) {
      if (scope.name().equals(name)) {
        return scope;
      }
    }
    throw malformed(node);
  }

  private static ThreadTag tag(JsonNode node, int index) {
    String symbol = text(node, index);
    for (ThreadTag tag : ThreadTag.values()) {
      if (tag.symbol().equals(symbol)) {
        return tag;
      }
    }
    throw malformed(node);
  }

  private static IllegalArgumentException malformed(JsonNode node) {
    return new IllegalArgumentException("not a schedule step: " + node);
  }
}
