package org.jtvmc.compiler.onnx.convert;

import static org.jtvmc.ir.op.Shapes.product;

import ai.onnx.proto.OnnxMl.GraphProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jtvmc.codegen.library.DlpackTypes;
import org.jtvmc.compiler.onnx.NeedsValueException;
import org.jtvmc.compiler.plan.SizeAssumption;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.SizeSymbols;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.op.control.SequenceStep;
import org.jtvmc.ir.op.control.SizesOfRun;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * What a run decides of one model: sizes, and how it goes on. Knows the functions that are being
 * made: main, and in it those that steps of the run call.
 */
public final class RunTime {

  /** A size that a run decides has no bound but this. */
  private static final long MOST = Integer.MAX_VALUE;

  private final Emitter emitter;
  private final Converter converter;
  private final Deque<Frame> frames = new ArrayDeque<>();
  private final Deque<Set<SizeAssumption>> assumed = new ArrayDeque<>();
  private final Map<Expr, Expr> sizes = new IdentityHashMap<>();
  private final Map<Expr, Elements> sequences = new IdentityHashMap<>();
  private final Map<Var, Expr> origins = new HashMap<>();
  private final RegionFunctions regions;
  private String prefix = "run";
  private int symbols;
  private boolean isLarge;
  private long draws;

  /** Converts a subgraph where it stands. */
  @FunctionalInterface
  public interface Converter {
    List<Expr> convert(GraphProto graph, List<Expr> arguments);
  }

  /** A function that is being made. */
  public static final class Frame {
    private final List<Expr> stages = new ArrayList<>();
    private final Map<Expr, Expr> captured = new LinkedHashMap<>();
    private final Map<Expr, Expr> opened = new IdentityHashMap<>();

    /** What its function has to compute beside its results: where the run finds sizes. */
    List<Expr> stages() {
      return List.copyOf(stages);
    }

    /** The values of the function around it that it reads, and as what it sees each. */
    Map<Expr, Expr> captured() {
      return Collections.unmodifiableMap(captured);
    }
  }

  /** A subgraph that was converted inside a function of its own, which is not made yet. */
  record Subgraph(Frame frame, List<Expr> results, Set<SizeAssumption> assumed) {

    /** The same with other results, of the same values. */
    Subgraph giving(List<Expr> others) {
      return new Subgraph(frame, others, assumed);
    }
  }

  /**
   * A function that a step of the run calls.
   *
   * @param reads what the caller gives for the parameters behind its own
   */
  record Region(String name, List<Expr> reads) {}

  public RunTime(Emitter emitter, Converter converter) {
    this.emitter = emitter;
    this.converter = converter;
    this.regions = new RegionFunctions(emitter);
    frames.push(new Frame());
    assumed.push(new LinkedHashSet<>());
  }

  /** Sizes of the model's inputs: those that runs decide are named otherwise. */
  public void avoid(Stream<TensorType> inputs) {
    Set<String> names = new HashSet<>();
    inputs
        .flatMap(type -> SizeSymbols.of(type).stream())
        .forEach(symbol -> names.add(symbol.name()));
    while (names.stream().anyMatch(name -> name.startsWith(prefix))) {
      prefix += "_";
    }
  }

  /** Whether a size, or what it is made of, is found by the run and in no input's shape. */
  boolean decides(Dim size) {
    return SizeSymbols.of(size).stream().anyMatch(symbol -> symbol.name().startsWith(prefix));
  }

  /** Hears that two sizes are taken for equal. */
  public void assume(Dim left, Dim right) {
    assumed.element().add(new SizeAssumption(left, right));
  }

  /** Hears that so much was converted that what can be left to the run should be. */
  public void becomesLarge() {
    isLarge = true;
  }

  boolean isLarge() {
    return isLarge;
  }

  /** What main takes for granted. */
  public Set<SizeAssumption> assumptions() {
    return Collections.unmodifiableSet(assumed.element());
  }

  /** What main has to compute beside its results: where the run finds sizes. */
  public List<Expr> stages() {
    return frames.element().stages();
  }

  /** The functions that steps of the run call, by name. */
  public Map<String, Function> functions() {
    return regions.functions();
  }

  /** The function that is being made. */
  public Frame frame() {
    return frames.element();
  }

  /** What the first gives, or, where it needs a value that is not known, the second. */
  public <T> T orElse(
      Supplier<T> first, java.util.function.Function<NeedsValueException, T> second) {
    Frame frame = frames.element();
    int stages = frame.stages.size();
    Map<Expr, Expr> opened = new IdentityHashMap<>(frame.opened);
    assumed.push(new LinkedHashSet<>());
    try {
      T result = first.get();
      Set<SizeAssumption> heard = assumed.pop();
      assumed.element().addAll(heard);
      return result;
    } catch (NeedsValueException e) {
      assumed.pop();
      frame.stages.subList(stages, frame.stages.size()).clear();
      frame.opened.clear();
      frame.opened.putAll(opened);
      return second.apply(e);
    }
  }

  // Sizes

  /** The sizes of a value, where a run decides them. */
  public Optional<Expr> sizes(Expr value) {
    return Optional.ofNullable(sizes.get(value));
  }

  /** A value whose sizes a run decides. */
  public Expr decided(Expr data, Expr itsSizes) {
    // A call of its own, so that no other mention of the data is taken for this one.
    Expr value = emitter.callUnfolded("copy", List.of(data), Attributes.NONE, "");
    sizes.put(value, itsSizes);
    return value;
  }

  /** A number of its own for each step that draws by chance. */
  long draw() {
    return draws++;
  }

  Dim.Symbol symbol() {
    return new Dim.Symbol(prefix + symbols++, 0, MOST, Dim.USUAL);
  }

  /**
   * Sizes that the elements of a vector are, numbers where these are known.
   *
   * @param skip how many elements in front do not count
   * @param expected what sizes must be, one for each element that counts; the run checks it
   */
  List<Dim> decide(Expr vector, int skip, List<Optional<Dim>> expected, String label) {
    return decide(frames.element(), vector, skip, expected, label);
  }

  private List<Dim> decide(
      Frame frame, Expr vector, int skip, List<Optional<Dim>> expected, String label) {
    Optional<List<Dim>> known = skip == 0 ? known(vector) : Optional.empty();
    if (known.isPresent()) {
      return known.get();
    }
    List<Dim> values = new ArrayList<>();
    List<Dim> result = new ArrayList<>();
    for (Optional<Dim> size : expected) {
      if (size.isPresent() && size.get().isKnown()) {
        values.add(size.get());
        result.add(size.get());
        continue;
      }
      Dim.Symbol symbol = symbol();
      values.add(symbol);
      size.ifPresent(wanted -> assume(symbol, wanted));
      result.add(size.orElse(symbol));
    }
    frame.stages.add(
        emitter.callUnfolded(
            SizesOfRun.NAME,
            List.of(vector),
            Attributes.builder()
                .putSizes("values", values)
                .put("stage", frame.stages.size() + 1L)
                .put("skip", (long) skip)
                .build(),
            label));
    return result;
  }

  /**
   * What a vector is where it is made of sizes; of others the run has to say that they are none.
   */
  private static Optional<List<Dim>> known(Expr vector) {
    return SizeFolding.sizes(vector)
        .map(
            values ->
                values.stream()
                    .flatMap(
                        value ->
                            switch (value) {
                              case AttributeValue.Size(Dim size) -> Stream.of(size);
                              case AttributeValue.Int(long number) when number >= 0 ->
                                  Stream.of(Dim.of(number));
                              case AttributeValue _ -> Stream.<Dim>empty();
                            })
                    .toList())
        .filter(sizes -> sizes.size() == ((TensorType) vector.type()).elements());
  }

  /** A value whose sizes a run decides, as a tensor of open sizes; any other as it is. */
  public Expr opened(Expr value) {
    return opened(frames.element(), value);
  }

  private Expr opened(Frame frame, Expr value) {
    Expr itsSizes = sizes.get(value);
    if (itsSizes == null) {
      return value;
    }
    Expr known = frame.opened.get(value);
    if (known != null) {
      return known;
    }
    TensorType type = (TensorType) value.type();
    int rank = Math.toIntExact(((TensorType) itsSizes.type()).elements());
    boolean isFlat = type.rank() == 1;
    Expr flat =
        isFlat
            ? value
            : emitter.callUnfolded("host.compact", List.of(value, itsSizes), Attributes.NONE, "");
    List<Dim> dims = decide(frame, itsSizes, 0, Collections.nCopies(rank, Optional.empty()), "");
    Expr places = positions(product(dims));
    Expr result =
        type.dtype().isString()
            ? texts(flat, reshape(places, dims))
            : reshape(
                emitter.callUnfolded(
                    "take", List.of(flat, places), Attributes.builder().put("axis", 0).build(), ""),
                dims);
    frame.opened.put(value, result);
    return result;
  }

  /** The same texts, as a value that is computed. */
  public Expr copied(Expr texts) {
    List<Dim> shape = ((TensorType) texts.type()).shape();
    return texts(texts, reshape(positions(product(shape)), shape));
  }

  private Expr texts(Expr texts, Expr positions) {
    return emitter.callUnfolded("host.text_take", List.of(texts, positions), Attributes.NONE, "");
  }

  private Expr positions(Dim count) {
    return emitter.callUnfolded(
        "arange",
        List.of(),
        Attributes.builder().put("stop", AttributeValue.of(count)).put("dtype", DType.I64).build(),
        "");
  }

  private Expr reshape(Expr value, List<Dim> shape) {
    return emitter.callUnfolded(
        "reshape",
        List.of(value),
        Attributes.builder().putSizes("newshape", shape).put("allow_zero", true).build(),
        "");
  }

  // Sequences

  /** What is known of a sequence's elements; empty where the value is none of the run's. */
  Optional<Elements> elements(Expr value) {
    return Optional.ofNullable(sequences.get(value));
  }

  /** A sequence that the run has. */
  Expr sequence(Expr handle, Elements elements) {
    Expr value = emitter.callUnfolded("copy", List.of(handle), Attributes.NONE, "");
    sequences.put(value, elements);
    return value;
  }

  /** Whether a value is a sequence whose length only the run knows. */
  public boolean isSequence(Expr value) {
    return sequences.containsKey(value);
  }

  /** A sequence as programs read it: the bytes of one DLTensor for each element. */
  public Expr elementsAsTensor(Expr sequence) {
    DType dtype = sequences.get(sequence).dtype().orElse(DType.F32);
    Attributes attributes =
        Attributes.builder()
            .put("code", DlpackTypes.code(dtype))
            .put("bits", dtype.isBool() ? Byte.SIZE : dtype.bits())
            .build();
    Expr description = emitter.callUnfolded("control.tensors", List.of(sequence), attributes, "");
    Dim bytes = Dim.of(SequenceStep.TENSOR_BYTES);
    List<Dim> shape = decide(description, 1, List.of(Optional.empty(), Optional.of(bytes)), "");
    return fetch(description, new TensorType(shape, DType.U8));
  }

  /** The tensor that a description describes. */
  Expr fetch(Expr description, TensorType type) {
    Attributes attributes =
        Attributes.builder().putSizes("shape", type.shape()).put("dtype", type.dtype()).build();
    return emitter.callUnfolded("control.fetch", List.of(description), attributes, "");
  }

  // Functions

  /**
   * Converts a subgraph as the body of a function of its own.
   *
   * @param finish makes of the subgraph's outputs the function's results
   */
  Subgraph inside(GraphProto graph, List<Expr> parameters, UnaryOperator<List<Expr>> finish) {
    return inside(() -> converter.convert(graph, parameters), finish);
  }

  /** As the other, of what the conversion gives. */
  Subgraph inside(Supplier<List<Expr>> conversion, UnaryOperator<List<Expr>> finish) {
    Frame frame = new Frame();
    frames.push(frame);
    assumed.push(new LinkedHashSet<>());
    try {
      List<Expr> results = finish.apply(conversion.get());
      return new Subgraph(frame, results, assumed.element());
    } finally {
      frames.pop();
      assumed.pop();
    }
  }

  /**
   * Makes a function of a converted subgraph.
   *
   * @param parameters those that the caller fills itself
   */
  Region function(Subgraph subgraph, List<Var> parameters) {
    return regions.function(subgraph, parameters);
  }

  /** A value of an outer function, as one sees it that is being made inside. */
  public Expr seen(Frame from, Expr value) {
    List<Frame> inwards = new ArrayList<>(frames).reversed();
    Expr seen = value;
    for (int i = inwards.indexOf(from) + 1; i < inwards.size(); i++) {
      seen = capture(inwards.get(i), inwards.get(i - 1), seen);
    }
    return seen;
  }

  private Expr capture(Frame frame, Frame outer, Expr value) {
    if (value instanceof Constant
        || value == OnnxNode.NOTHING
        || (value instanceof Call call && call.arguments().isEmpty())) {
      return value;
    }
    Expr known = frame.captured.get(value);
    if (known != null) {
      return known;
    }
    Expr captured;
    if (value instanceof Tuple(List<Expr> fields, _)) {
      captured = Tuple.of(fields.stream().map(field -> capture(frame, outer, field)).toList());
    } else if (sizes.containsKey(value)) {
      captured = capture(frame, outer, opened(outer, value));
    } else {
      Var variable = new Var("read%d".formatted(frame.captured.size()), value.type());
      origins.put(variable, value);
      elements(value).ifPresent(elements -> sequences.put(variable, elements));
      captured = variable;
    }
    frame.captured.put(value, captured);
    return captured;
  }

  /** A parameter of a function that is being made. */
  Var parameter(String name, TensorType type, Optional<Elements> elements) {
    Var variable = new Var(name, type);
    elements.ifPresent(some -> sequences.put(variable, some));
    return variable;
  }

  /** The names of the model's inputs that a value depends on. */
  List<String> inputs(Expr value) {
    Set<String> names = new LinkedHashSet<>();
    Deque<Expr> pending = new ArrayDeque<>(List.of(value));
    Set<Expr> seen = new HashSet<>();
    while (!pending.isEmpty()) {
      for (Var variable : Exprs.freeVariables(pending.pop())) {
        Expr origin = origins.get(variable);
        if (origin == null) {
          names.add(variable.name());
        } else if (seen.add(origin)) {
          pending.push(origin);
        }
      }
    }
    return List.copyOf(names);
  }
}
