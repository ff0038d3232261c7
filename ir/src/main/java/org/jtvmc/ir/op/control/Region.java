package org.jtvmc.ir.op.control;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;

/**
 * A step that runs other functions of the module: {@code regions} names them. They are compiled as
 * a model is, each with kernels and memory of its own. Results are descriptions, of values of
 * {@code ranks} dimensions.
 *
 * <ul>
 *   <li>{@code control.if(condition, sizes, reads...)}: the first region where the condition holds,
 *       on the first {@code reads[0]} values, else the second on the {@code reads[1]} behind them
 *   <li>{@code control.loop(most, condition, sizes, carried..., reads...)}: the region again and
 *       again, on the number of the step, true, the {@code carried} values and those that it {@code
 *       reads} beside; it gives whether to go on, the next carried values, and what is collected
 * </ul>
 *
 * The {@code int64} vector {@code sizes} holds those of all that is read, one tensor behind the
 * other.
 */
public final class Region extends ControlStep {

  /** The name of {@link #branch}. */
  public static final String IF = "control.if";

  /** The attribute that names the functions. */
  private static final String REGIONS = "regions";

  private final boolean isLoop;

  private Region(boolean isLoop) {
    super(
        isLoop ? "loop" : "if",
        List.of("values"),
        List.of(
            required(REGIONS, "the functions' names, with commas between"),
            required("ranks", "the dimensions of each result"),
            required("reads", "how many values each region reads beside those carried"),
            optional("carried", 0, "how many values a step hands to the next"),
            optional("keeps", true, "whether sequences or texts may outlive a step")));
    this.isLoop = isLoop;
  }

  /** {@code control.if}. */
  public static Region branch() {
    return new Region(false);
  }

  /** {@code control.loop}. */
  public static Region loop() {
    return new Region(true);
  }

  @Override
  protected boolean isVariadic() {
    return true;
  }

  @Override
  public List<String> regions(Attributes attributes) {
    return List.of(attributes.text(REGIONS).split(","));
  }

  @Override
  protected Type result(List<TensorType> arguments, Attributes attributes) {
    TensorType condition = arguments.get(isLoop ? 1 : 0);
    if (!condition.equals(TensorType.of(DType.BOOL))) {
      throw new TypeException("takes a condition, not " + condition);
    }
    return new TupleType(
        attributes.integers("ranks").stream().<Type>map(ControlStep::description).toList());
  }

  @Override
  List<Long> numbers(List<TensorType> inputs, Attributes attributes, Type result) {
    List<Long> reads = attributes.integers("reads");
    long results = attributes.integers("ranks").size();
    List<Long> numbers = new ArrayList<>();
    if (isLoop) {
      long carried = attributes.integer("carried");
      numbers.addAll(List.of(0L, carried, reads.getFirst(), results - carried));
      numbers.add(attributes.bool("keeps") ? 1L : 0L);
    } else {
      long first =
          inputs.subList(2, Math.toIntExact(2 + reads.getFirst())).stream()
              .mapToLong(TensorType::rank)
              .sum();
      numbers.addAll(List.of(0L, 0L, reads.getFirst(), reads.getLast(), first, results));
    }
    return numbers;
  }
}
