package org.jtvmc.compiler.onnx.convert;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.onnx.NeedsValueException;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * A node as its conversion sees it: inputs already converted, attributes by name with defaults, and
 * the means to emit graph IR. Every fault that it finds names the file and the node.
 */
public final class OnnxNode {

  /** An optional value that is not there; equal to nothing else. */
  public static final Tuple NOTHING = Tuple.of(List.of());

  private final NodeProto proto;
  private final int opset;
  private final List<Optional<Expr>> inputs;
  private final Map<String, AttributeProto> attributes;
  private final NodeSurroundings surroundings;
  private final RunTime.Frame frame;

  /**
   * @param opset the version of the node's operator set
   * @param inputs empty where the node leaves an input out
   */
  public OnnxNode(
      NodeProto proto, int opset, List<Optional<Expr>> inputs, NodeSurroundings surroundings) {
    this.proto = proto;
    this.opset = opset;
    this.inputs = List.copyOf(inputs);
    this.surroundings = surroundings;
    this.frame = surroundings.runTime().frame();
    this.attributes =
        proto.getAttributeList().stream()
            .collect(Collectors.toMap(AttributeProto::getName, Function.identity(), (a, b) -> b));
  }

  /** The version of the operator set. */
  public int opset() {
    return opset;
  }

  /** The operator's name. */
  public String operator() {
    return proto.getOpType();
  }

  /** How many inputs the node lists, those left out in the middle included. */
  public int inputCount() {
    return inputs.size();
  }

  /** How many outputs the node lists. */
  public int outputCount() {
    return proto.getOutputCount();
  }

  /** Whether anyone can read that output. */
  public boolean wants(int output) {
    return output < proto.getOutputCount() && !proto.getOutput(output).isEmpty();
  }

  /** Whether the input is given. */
  public boolean has(int input) {
    return optional(input).isPresent();
  }

  /** An input that may be left out. */
  public Optional<Expr> optional(int input) {
    return input < inputs.size() ? inputs.get(input) : Optional.empty();
  }

  /** An input that must be given. */
  public Expr input(int input) {
    return optional(input)
        .orElseThrow(() -> fault("lacks its input %d; export the model again".formatted(input)));
  }

  /** All inputs, none of which may be left out. */
  public List<Expr> inputs() {
    return inputs(0);
  }

  /** The inputs from one on, none of which may be left out. */
  public List<Expr> inputs(int first) {
    return LongStream.range(first, inputs.size()).mapToObj(i -> input((int) i)).toList();
  }

  /** The type of a value. */
  public TensorType type(Expr value) {
    if (value.type() instanceof TensorType type) {
      return type;
    }
    throw fault("reads a value that is no tensor but " + value.type());
  }

  /** The type of an input. */
  public TensorType type(int input) {
    return type(input(input));
  }

  /** The number of dimensions of an input. */
  public int rank(int input) {
    return type(input).rank();
  }

  /** An axis between 0 and the rank, which may count from the end. */
  public int axis(long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw fault("has axis %d where its input has %d dimensions".formatted(axis, rank));
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /** A size that has to be a number here. */
  public long size(Dim dim) {
    return dim.known()
        .orElseThrow(
            () ->
                fault(
                    runTime().decides(dim)
                        ? "needs to know a size that the run decides, which is not supported"
                        : "needs to know the size '%s'; give it with --input-shapes"
                            .formatted(dim)));
  }

  /** The sizes of an input, which have to be numbers here. */
  public List<Long> sizes(int input) {
    return type(input).shape().stream().map(this::size).toList();
  }

  /** Whether the attribute is given. */
  public boolean hasAttribute(String name) {
    return attributes.containsKey(name);
  }

  public long integer(String name, long otherwise) {
    return attribute(name, AttributeType.INT).map(AttributeProto::getI).orElse(otherwise);
  }

  /** An attribute without a default. */
  public long requiredInteger(String name) {
    return attribute(name, AttributeType.INT)
        .map(AttributeProto::getI)
        .orElseThrow(() -> fault("lacks its attribute '%s'".formatted(name)));
  }

  public boolean flag(String name, boolean otherwise) {
    return integer(name, otherwise ? 1 : 0) != 0;
  }

  public double real(String name, double otherwise) {
    return attribute(name, AttributeType.FLOAT).map(a -> (double) a.getF()).orElse(otherwise);
  }

  public String text(String name, String otherwise) {
    return attribute(name, AttributeType.STRING)
        .map(a -> a.getS().toStringUtf8())
        .orElse(otherwise);
  }

  public Optional<List<Long>> integers(String name) {
    return attribute(name, AttributeType.INTS).map(AttributeProto::getIntsList);
  }

  public Optional<List<String>> texts(String name) {
    return attribute(name, AttributeType.STRINGS)
        .map(a -> a.getStringsList().stream().map(ByteString::toStringUtf8).toList());
  }

  public Optional<List<Float>> reals(String name) {
    return attribute(name, AttributeType.FLOATS).map(AttributeProto::getFloatsList);
  }

  public Optional<NDArray> tensor(String name) {
    return attribute(name, AttributeType.TENSOR).map(a -> surroundings.tensor(a.getT()));
  }

  /** An element type, as ONNX numbers them. */
  public Optional<DType> dtype(String name) {
    // 0 stands for an attribute that is not given.
    return attribute(name, AttributeType.INT)
        .filter(a -> a.getI() != 0)
        .map(a -> surroundings.dtype(Math.clamp(a.getI(), Integer.MIN_VALUE, Integer.MAX_VALUE)));
  }

  /** A subgraph, converted where the node stands; its outputs. */
  public List<Expr> inline(String name) {
    return inline(name, List.of());
  }

  /** A subgraph with inputs, converted where the node stands; its outputs. */
  public List<Expr> inline(String name, List<Expr> arguments) {
    return surroundings.inline(graph(name), arguments);
  }

  /** The contents of an input, where they are known now. */
  public Optional<NDArray> known(int input) {
    return optional(input)
        .flatMap(
            value ->
                value instanceof Constant(NDArray array) ? Optional.of(array) : Optional.empty());
  }

  /** The contents of an input that has to be known when the model is compiled. */
  public NDArray constant(int input, String what) {
    Expr value = input(input);
    return known(input).orElseThrow(() -> undetermined(value, what));
  }

  /**
   * The fault that a value depends on the model's inputs where it has to be known.
   *
   * @param what it is, for the message
   */
  public ModelException undetermined(Expr value, String what) {
    return new NeedsValueException(
        fault(
            "has %s computed from the model's inputs, which has to be known when the model is compiled; give the inputs' numbers with --input-values, or, where they follow from shapes alone, these with --input-shapes"
                .formatted(what)),
        runTime().inputs(value));
  }

  /**
   * The fault that a run decides over sizes which have to be known when the model is compiled.
   *
   * @param why for the message
   */
  public ModelException undeterminedSizes(String why) {
    List<String> names =
        inputs.stream()
            .flatMap(Optional::stream)
            .flatMap(value -> runTime().sizes(value).stream())
            .flatMap(sizes -> runTime().inputs(sizes).stream())
            .distinct()
            .toList();
    return new NeedsValueException(fault(why), names);
  }

  /** The integers of an input that has to be known when the model is compiled. */
  public List<Long> integers(int input, String what) {
    var array = constant(input, what);
    return LongStream.range(0, array.elements()).mapToObj(array::getLong).toList();
  }

  /**
   * The integers of an input, some of which may be sizes that are known only at run time.
   *
   * @param what they are, for messages
   */
  public List<AttributeValue> integersOrSizes(int input, String what) {
    Expr value = input(input);
    return SizeFolding.sizes(value)
        .orElseGet(
            () ->
                integers(input, what).stream()
                    .<AttributeValue>map(AttributeValue.Int::new)
                    .toList());
  }

  /** Sizes as a value of one dimension. */
  public Expr shape(List<Dim> dims) {
    return surroundings.emitter().shape(dims, label());
  }

  /** The numbers of an input that has to be known when the model is compiled. */
  public List<Double> reals(int input, String what) {
    var array = constant(input, what);
    return LongStream.range(0, array.elements()).mapToObj(array::getDouble).toList();
  }

  /** The one number of an input that has to be known when the model is compiled. */
  public double scalar(int input, String what) {
    var values = reals(input, what);
    if (values.size() != 1) {
      throw fault("has %d elements as %s, which must be one".formatted(values.size(), what));
    }
    return values.getFirst();
  }

  /**
   * What was an attribute up to some version and became an input with it.
   *
   * @return empty where it is neither
   */
  public Optional<List<Long>> integersFrom(String attribute, int input, String what) {
    return has(input) ? Optional.of(integers(input, what)) : integers(attribute);
  }

  /** Whether an input has texts as elements. */
  public boolean takesTexts() {
    return inputs.stream()
        .flatMap(Optional::stream)
        .anyMatch(value -> value.type() instanceof TensorType type && type.dtype().isString());
  }

  /** The same node with other inputs. */
  OnnxNode withInputs(List<Optional<Expr>> others) {
    return new OnnxNode(proto, opset, others, surroundings);
  }

  /** The operator set that the operator is of; "" for ONNX's own. */
  public String domain() {
    return proto.getDomain().equals("ai.onnx") ? "" : proto.getDomain();
  }

  /** Whether a run decides over the sizes of an input, or of a part of one. */
  public boolean takesDecided() {
    return inputs.stream().flatMap(Optional::stream).anyMatch(this::isDecided);
  }

  private boolean isDecided(Expr value) {
    return value instanceof Tuple(List<Expr> fields, _)
        ? fields.stream().anyMatch(this::isDecided)
        : runTime().sizes(value).isPresent();
  }

  /** The sizes of a value, where a run decides them: an {@code int64} vector. */
  Optional<Expr> decidedSizes(Expr value) {
    return runTime().sizes(value);
  }

  /**
   * A value whose sizes a run decides.
   *
   * @param data of the largest sizes, with what is there at the front of each dimension; or, where
   *     these are not known one by one, a vector with all elements at its front
   * @param sizes an {@code int64} vector
   */
  Expr decided(Expr data, Expr sizes) {
    return runTime().decided(data, sizes);
  }

  /** What a run decides. */
  RunTime runTime() {
    return surroundings.runTime();
  }

  /** A value of where the node stands, as the function sees it that is being made. */
  Expr seen(Expr value) {
    return runTime().seen(frame, value);
  }

  /** A subgraph. */
  GraphProto graph(String name) {
    return attribute(name, AttributeType.GRAPH)
        .map(AttributeProto::getG)
        .orElseThrow(() -> fault("lacks its subgraph '%s'".formatted(name)));
  }

  /** The same node with inputs of open sizes in place of those whose sizes a run has decided. */
  public OnnxNode opened() {
    return withInputs(inputs.stream().map(input -> input.map(this::opened)).toList());
  }

  private Expr opened(Expr value) {
    return value instanceof Tuple(List<Expr> fields, _) && value != NOTHING
        ? Tuple.of(fields.stream().map(this::opened).toList())
        : runTime().opened(value);
  }

  /** The value of that name, where the node stands. */
  Expr value(String name) {
    return surroundings.value(name);
  }

  /** What the rule for known sizes gives, whatever a run decides. */
  List<Expr> byOrdinaryRule() {
    return surroundings.byOrdinaryRule(this);
  }

  /** A call of an operator without attributes. */
  public Expr call(String operator, Expr... arguments) {
    return call(operator, Attributes.NONE, arguments);
  }

  /** A call of an operator. */
  public Expr call(String operator, Attributes.Builder attributes, Expr... arguments) {
    return call(operator, attributes.build(), arguments);
  }

  /** A call of an operator. */
  public Expr call(String operator, Attributes attributes, Expr... arguments) {
    return surroundings.emitter().call(operator, Arrays.asList(arguments), attributes, label());
  }

  /**
   * Sizes of a tensor that is about to be made.
   *
   * @param mostElements what is refused beyond: a few bytes of a file must not fill the memory
   */
  public long[] checked(List<Long> sizes, long mostElements) {
    long elements = 1;
    for (long size : sizes) {
      if (size < 0 || size > mostElements || elements * size > mostElements) {
        throw fault("makes a tensor of the shape %s, which is too large".formatted(sizes));
      }
      elements *= size;
    }
    return sizes.stream().mapToLong(Long::longValue).toArray();
  }

  /** Known contents as a value. */
  public Expr value(NDArray contents) {
    return surroundings.emitter().constant(contents);
  }

  /** A number as a value of rank 0. */
  public Expr value(DType dtype, double number) {
    return new Constant(NDArray.scalar(dtype, number));
  }

  /** A value under another shape of as many elements. */
  public Expr reshape(Expr value, List<Long> shape) {
    return call(
        "reshape", Attributes.builder().put("newshape", shape).put("allow_zero", true), value);
  }

  /** The node or, where it has no name, what it computes. */
  public String label() {
    return !proto.getName().isEmpty() || proto.getOutputCount() == 0
        ? proto.getName()
        : proto.getOutput(0);
  }

  /** A fault at this node. */
  public ModelException fault(String what) {
    return surroundings.fault(proto, what, null);
  }

  private Optional<AttributeProto> attribute(String name, AttributeType type) {
    var attribute = attributes.get(name);
    if (attribute == null) {
      return Optional.empty();
    }
    // The first file format had no type field: what is set tells.
    if (attribute.getType() != type && attribute.getType() != AttributeType.UNDEFINED) {
      throw fault(
          "has the attribute '%s' as %s where it must be %s"
              .formatted(name, attribute.getType(), type));
    }
    return Optional.of(attribute);
  }
}
