package org.jtvmc.schedule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;

/**
 * A product of a softmax's rows with a matrix, and the form of it that goes through the rows a part
 * at a time (Milakov and Gimelshein, Online normalizer calculation for softmax, 2018):
 *
 * <pre>
 *   maximum[m] = max over n of x[m, n]
 *   exponentials[m, n] = exp(x[m, n] - maximum[m])
 *   sum[m] = sum over n of exponentials[m, n]
 *   product[m, d] = sum over n of exponentials[m, n] / sum[m] * values[n, d]
 *   result[m, d] = f(product[m, d])
 *
 *   largest[m, c] = max over t of x[m, part * c + t]
 *   factor[m, c] = exp(running[m, c - 1] - max(running[m, c - 1], largest[m, c]))
 *   running[m, c] = max(running[m, c - 1], largest[m, c])
 *   exponentials[m, n] = exp(x[m, n] - running[m, n / part])
 *   share[m, c] = sum over t of exponentials[m, part * c + t]
 *   total[m, c] = total[m, c - 1] * factor[m, c] + share[m, c]
 *   product[m, d] = sum over n of exponentials[m, n] * values[n, d],
 *       multiplied by factor[m, c] before each part c
 *   result[m, d] = f(product[m, d] / total[m, last])
 * </pre>
 *
 * Exponentials may pass casts and positive parts on their way to the product: these commute with a
 * positive factor, up to rounding. What is before the first running maximum is the least finite
 * number, so that a part of a row whose elements are all minus infinity counts nothing.
 *
 * @param product what sums the weights
 * @param weights what it reads of the softmax
 * @param rows for each axis of {@code weights} but the last its index in {@code product}
 * @param quotient the stage that divides by the sum
 */
public record RunningSoftmax(
    Stage product,
    Stage weights,
    List<PrimExpr> rows,
    Stage quotient,
    Stage exponentials,
    Stage sum,
    Stage maximum,
    PrimExpr logits) {

  /** The softmax that {@code product} sums; empty where there is none, or others read it. */
  public static Optional<RunningSoftmax> of(Schedule schedule, Stage product) {
    ComputeOp op = product.op();
    if (!product.isFresh()
        || product.isOutput()
        || op.reduceAxes().size() != 1
        || !op.reducer().equals(Optional.of(Reducer.SUM))
        || !(op.body() instanceof Binary(BinaryOp times, PrimExpr left, PrimExpr right))
        || times != BinaryOp.MULTIPLY) {
      return Optional.empty();
    }
    return Stream.of(left, right)
        .flatMap(factor -> of(schedule, product, factor).stream())
        .findFirst();
  }

  private static Optional<RunningSoftmax> of(Schedule schedule, Stage product, PrimExpr factor) {
    PrimVar along = product.op().reduceAxes().getFirst().var();
    if (!(uncast(factor) instanceof Read read) || read.indices().getLast() != along) {
      return Optional.empty();
    }
    List<PrimExpr> rows = read.indices().subList(0, read.indices().size() - 1);
    Optional<Stage> weights = schedule.stageOf(read.tensor());
    if (weights.isEmpty()
        || !schedule.readers(read.tensor()).equals(List.of(product))
        || rows.stream().anyMatch(row -> PrimExprs.uses(row, along))) {
      return Optional.empty();
    }
    return quotient(schedule, weights.get())
        .flatMap(quotient -> parts(schedule, product, weights.get(), rows, quotient));
  }

  private static PrimExpr uncast(PrimExpr expr) {
    return expr instanceof Cast(DType _, PrimExpr value) ? uncast(value) : expr;
  }

  /** What is left of an expression without what commutes with positive factors. */
  private static PrimExpr plain(PrimExpr expr) {
    PrimExpr value = uncast(expr);
    return value instanceof Binary(BinaryOp op, PrimExpr left, PrimExpr right)
            && op == BinaryOp.MAX
            && isNumber(right, 0)
        ? plain(left)
        : value;
  }

  private static boolean isNumber(PrimExpr expr, double number) {
    return IntImm.is(expr, (long) number)
        || (expr instanceof FloatImm imm && imm.value() == number);
  }

  /** The stage that divides, behind others that take its elements one by one. */
  private static Optional<Stage> quotient(Schedule schedule, Stage weights) {
    Stage stage = weights;
    while (!stage.isOutput() && !stage.isReduction()) {
      PrimExpr body = plain(stage.op().body());
      if (divided(body).isPresent()) {
        return Optional.of(stage);
      }
      if (!(body instanceof Read read) || !isOwnElement(stage, read)) {
        return Optional.empty();
      }
      Optional<Stage> producer = schedule.stageOf(read.tensor());
      if (producer.isEmpty() || !schedule.readers(read.tensor()).equals(List.of(stage))) {
        return Optional.empty();
      }
      stage = producer.get();
    }
    return Optional.empty();
  }

  private static boolean isOwnElement(Stage stage, Read read) {
    return read.indices().equals(vars(stage.op().axes()));
  }

  private static List<PrimExpr> vars(List<Axis> axes) {
    return new ArrayList<>(axes.stream().map(Axis::var).toList());
  }

  /** Dividend and divisor. */
  private record Division(Read dividend, Read divisor) {}

  private static Optional<Division> divided(PrimExpr body) {
    if (!(body instanceof Binary(BinaryOp op, PrimExpr left, PrimExpr right))
        || !(left instanceof Read dividend)) {
      return Optional.empty();
    }
    if (op == BinaryOp.DIVIDE && right instanceof Read divisor) {
      return Optional.of(new Division(dividend, divisor));
    }
    return op == BinaryOp.MULTIPLY
            && right instanceof Binary(BinaryOp over, PrimExpr one, PrimExpr below)
            && over == BinaryOp.DIVIDE
            && isNumber(one, 1)
            && below instanceof Read divisor
        ? Optional.of(new Division(dividend, divisor))
        : Optional.empty();
  }

  private static Optional<RunningSoftmax> parts(
      Schedule schedule, Stage product, Stage weights, List<PrimExpr> rows, Stage quotient) {
    Division division = divided(plain(quotient.op().body())).orElseThrow();
    Optional<Stage> exponentials = schedule.stageOf(division.dividend.tensor());
    Optional<Stage> sum = schedule.stageOf(division.divisor.tensor());
    if (exponentials.isEmpty()
        || sum.isEmpty()
        || !isOwnElement(quotient, division.dividend)
        || !division.divisor.indices().equals(rowsOf(quotient))
        || !(exponentials.get().op().body() instanceof Intrinsic power)
        || power.op() != IntrinsicOp.EXP
        || !(power.arguments().getFirst()
            instanceof Binary(BinaryOp minus, PrimExpr logits, PrimExpr top))
        || minus != BinaryOp.SUBTRACT
        || !(top instanceof Read largest)
        || !largest.indices().equals(rowsOf(exponentials.get()))) {
      return Optional.empty();
    }
    Optional<Stage> maximum = schedule.stageOf(largest.tensor());
    boolean isOne =
        maximum.isPresent()
            && isAlong(maximum.get(), Reducer.MAX, exponentials.get(), logits)
            && isAlong(
                sum.get(),
                Reducer.SUM,
                exponentials.get(),
                exponentials.get().tensor().at(vars(exponentials.get().op().axes())))
            && schedule.readers(largest.tensor()).equals(List.of(exponentials.get()))
            && schedule.readers(sum.get().tensor()).equals(List.of(quotient))
            && schedule.readers(exponentials.get().tensor()).size() == 2
            && schedule.readers(product.tensor()).size() == 1
            && !schedule.readers(product.tensor()).getFirst().isReduction()
            && Stream.of(weights, exponentials.get(), sum.get(), maximum.get())
                .allMatch(stage -> stage.isFresh() && !stage.isOutput() && stage.isRoot());
    return isOne
        ? Optional.of(
            new RunningSoftmax(
                product,
                weights,
                List.copyOf(rows),
                quotient,
                exponentials.get(),
                sum.get(),
                maximum.get(),
                logits))
        : Optional.empty();
  }

  private static List<PrimExpr> rowsOf(Stage stage) {
    List<PrimExpr> all = vars(stage.op().axes());
    return all.subList(0, all.size() - 1);
  }

  /** True where {@code stage} reduces {@code body}, over the axes of {@code of}, along its last. */
  private static boolean isAlong(Stage stage, Reducer reducer, Stage of, PrimExpr body) {
    ComputeOp op = stage.op();
    if (!op.reducer().equals(Optional.of(reducer))
        || op.reduceAxes().size() != 1
        || op.axes().size() + 1 != of.op().axes().size()
        || !op.dtype().equals(DType.F32)) {
      return false;
    }
    List<PrimExpr> element = vars(op.axes());
    element.add(op.reduceAxes().getFirst().var());
    return at(of.op().axes(), body, element).equals(op.body());
  }

  /** {@code body}, over {@code axes}, at an element. */
  private static PrimExpr at(List<Axis> axes, PrimExpr body, List<PrimExpr> element) {
    Map<PrimVar, PrimExpr> values = new HashMap<>();
    for (int i = 0; i < axes.size(); i++) {
      values.put(axes.get(i).var(), element.get(i));
    }
    return PrimExprs.substitute(body, values);
  }

  /** What only the weights need of a row. */
  public Set<Stage> parts() {
    return Set.of(exponentials, sum, maximum);
  }

  /** The elements of a row. */
  public long length() {
    return product.op().reduceAxes().getFirst().size();
  }

  /** True where the parts need not divide the rows: what is beyond their end can be zero. */
  public boolean canBePadded() {
    return PaddedReduction.isPossible(product, weights.tensor());
  }

  /** The id of the stage whose elements the product sums once the softmax runs along it. */
  public String summed(long part) {
    return length() % part == 0 ? weights.id() : PaddedReduction.id(weights.id());
  }

  /** The ids of the stages that {@link #along} adds for parts of rows, in their order. */
  public List<String> added() {
    return List.of(
        maximum.id() + ".part",
        maximum.id() + ".factor",
        maximum.id() + ".running",
        sum.id() + ".part",
        sum.id() + ".running");
  }

  /** The schedule with the second form; rows are longer by zeros where parts do not divide them. */
  public Schedule along(Schedule schedule, long part) {
    if (length() % part == 0) {
      return along(schedule, part, product, weights.tensor());
    }
    long longer = Math.ceilDiv(length(), part) * part;
    PaddedReduction padded = PaddedReduction.of(schedule, product, weights.tensor(), longer);
    return along(padded.in(schedule), part, padded.product(), padded.first().tensor())
        .withStage(weights.withAttachment(new Attachment.Inlined()));
  }

  /**
   * @param summing the product as it is then
   * @param summed what it reads of the softmax
   */
  private Schedule along(Schedule schedule, long part, Stage summing, Tensor summed) {
    PrimVar sumAxis = summing.op().reduceAxes().getFirst().var();
    long parts = Math.ceilDiv(length(), part);
    List<Axis> spatial = new ArrayList<>();
    for (Axis axis : maximum.op().axes()) {
      spatial.add(Axis.of(axis.var().name(), axis.extent()));
    }
    Axis ofParts = Axis.of("part", IntImm.of(parts));
    Axis within = Axis.of("within", IntImm.of(part));
    List<Axis> axes = new ArrayList<>(spatial);
    axes.add(ofParts);
    List<PrimExpr> own = vars(axes);
    List<PrimExpr> before = vars(spatial);
    before.add(ofParts.var().minus(1));
    List<PrimExpr> element = vars(spatial);
    element.add(ofParts.var().times(part).plus(within.var()));

    PrimExpr logit = at(exponentials.op().axes(), logits, element);
    if (length() % part != 0) {
      PrimExpr none = new FloatImm(DType.F32, Double.NEGATIVE_INFINITY);
      logit = Select.of(element.getLast().lessThan(length()), logit, none);
    }
    Tensor largest = reduction(added().get(0), Reducer.MAX, axes, within, logit);
    Tensor running = Tensor.of(map(added().get(2), axes, largest.at(own)));
    PrimExpr maximumNow = Binary.of(BinaryOp.MAX, running.at(before), largest.at(own));
    Tensor factor = Tensor.of(map(added().get(1), axes, exp(running.at(before).minus(maximumNow))));
    PrimExpr weight = summed.at(element).cast(DType.F32);
    Tensor share = reduction(added().get(3), Reducer.SUM, axes, within, weight);
    Tensor total = Tensor.of(map(added().get(4), axes, share.at(own)));
    PrimExpr totalNow = total.at(before).times(factor.at(own)).plus(share.at(own));

    Axis last = exponentials.op().axes().getLast();
    List<PrimExpr> ofElement = new ArrayList<>(rowsOf(exponentials));
    ofElement.add(last.var().floorDiv(part));
    PrimExpr difference = logits.minus(running.at(ofElement));
    Division division = divided(plain(quotient.op().body())).orElseThrow();
    PrimExpr undivided =
        PrimExprs.rewrite(
            quotient.op().body(),
            node -> divided(node).filter(division::equals).isPresent() ? division.dividend : node);
    List<PrimExpr> ofProduct = new ArrayList<>(rows);
    ofProduct.add(sumAxis.floorDiv(part));
    Stage reader = schedule.readers(product.tensor()).getFirst();
    PrimExpr dividing =
        PrimExprs.rewrite(
            reader.op().body(),
            node ->
                node instanceof Read read && read.tensor() == product.tensor()
                    ? read.dividedBy(total.at(ofReader(read, parts)))
                    : node);

    FloatImm first = new FloatImm(DType.F32, -Float.MAX_VALUE);
    String exponentialsId = exponentials.id();
    return schedule
        .withStageBefore(stage(largest), exponentialsId)
        .withStageBefore(stage(factor), exponentialsId)
        .withStageBefore(
            carried(running, map(running.name(), axes, maximumNow), first), exponentialsId)
        .withStageBefore(stage(share), product.id())
        .withStageBefore(
            carried(total, map(total.name(), axes, totalNow), IntImm.of(DType.F32, 0)),
            product.id())
        .withStage(withBody(exponentials, exp(difference)).withAttachment(new Attachment.Inlined()))
        .withStage(dead(maximum))
        .withStage(dead(sum))
        .withStage(withBody(quotient, undivided).withAttachment(quotient.attachment()))
        .withStage(summing.withScale((Read) factor.at(ofProduct)))
        .withStage(withBody(reader, dividing));
  }

  private List<PrimExpr> ofReader(Read read, long parts) {
    List<PrimExpr> element = new ArrayList<>();
    rows.forEach(row -> element.add(at(product.op().axes(), row, read.indices())));
    element.add(IntImm.of(parts - 1));
    return element;
  }

  private static Stage stage(Tensor tensor) {
    return Stage.of(tensor.name(), tensor, (ComputeOp) tensor.op(), false);
  }

  private static Stage carried(Tensor tensor, ComputeOp op, PrimExpr before) {
    return Stage.of(tensor.name(), tensor, op, false).withBefore(before);
  }

  /** Nobody reads it any more, and so it is computed nowhere. */
  private static Stage dead(Stage stage) {
    return stage.withAttachment(new Attachment.Inlined());
  }

  private static Stage withBody(Stage stage, PrimExpr body) {
    return stage.withOp(map(stage.op().name(), stage.op().axes(), body));
  }

  private static ComputeOp map(String name, List<Axis> axes, PrimExpr body) {
    return new ComputeOp(name, axes, List.of(), Optional.empty(), body);
  }

  private static Tensor reduction(
      String name, Reducer reducer, List<Axis> axes, Axis along, PrimExpr body) {
    return Tensor.of(new ComputeOp(name, axes, List.of(along), Optional.of(reducer), body));
  }

  private static PrimExpr exp(PrimExpr value) {
    return Intrinsic.of(IntrinsicOp.EXP, value);
  }
}
