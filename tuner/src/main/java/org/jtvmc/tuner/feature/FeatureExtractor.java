package org.jtvmc.tuner.feature;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.ThreadTag;

/**
 * Ansor's 164 features of each store statement (Zheng et al., OSDI 2020, appendix; TVM 0.18 {@code
 * feature.cc}), on a logarithmic scale. {@link #NAMES} says what stands where.
 *
 * <p>Four faults of the original are mended: a multiply-add is recognised; the position of a
 * vectorised, unrolled or parallel loop is found among the loops of its kind; the lines that a
 * strided access touches are divided by the extents of the loops that do not move it; and every
 * store has its own row, the initialisation of a reduction too. The last column counts the
 * statements of the unrolled code instead of a limit for unrolling that the loops do not show.
 */
public final class FeatureExtractor {
  private static final int BUFFERS = 5;
  private static final int CURVE_SAMPLES = 10;

  /** What stands in each column. */
  public static final List<String> NAMES = names();

  /** The number of columns. */
  public static final int LENGTH = NAMES.size();

  /** The features of {@code function}, as lowering leaves it. */
  public ProgramFeatures extract(PrimFunc function) {
    return extract(LoopAnalysis.of(function));
  }

  /** The features of an analysed kernel, which has at least one store. */
  public ProgramFeatures extract(LoopAnalysis analysis) {
    List<Statement> statements = analysis.statements();
    float[] values = new float[statements.size() * LENGTH];
    FeatureRow row = new FeatureRow(values);
    for (Statement statement : statements) {
      operations(statement, row);
      for (ForKind kind : List.of(ForKind.VECTORIZED, ForKind.UNROLLED, ForKind.PARALLEL)) {
        annotation(statement, kind, row);
      }
      threads(statement, row);
      BufferFeatures.append(statement, BUFFERS, row);
      IntensityCurve.append(statement, CURVE_SAMPLES, row);
      allocation(statement, row);
      outer(statement, row);
    }
    return new ProgramFeatures(LENGTH, values);
  }

  private static void operations(Statement statement, FeatureRow row) {
    double iterations = statement.iterations();
    for (OperationCounts.Kind kind : OperationCounts.Kind.values()) {
      row.add(statement.operations().of(kind) * iterations);
    }
  }

  /** Number, product and innermost extent of the loops of one kind, and where they stand. */
  private static void annotation(Statement statement, ForKind kind, FeatureRow row) {
    int number = 0;
    double length = 0;
    LoopPosition position = LoopPosition.NONE;
    for (int k = statement.loops().size() - 1; k >= 0; k--) {
      if (statement.loops().get(k).kind() == kind) {
        LoopPosition here = LoopPosition.of(statement, k);
        position = number == 0 || position == here ? here : LoopPosition.MIXED;
        length = number == 0 ? statement.loops().get(k).extent() : length;
        number++;
      }
    }
    row.add(number);
    row.add(number == 0 ? 0 : statement.product(kind));
    row.add(length);
    row.addOneHot(position.ordinal(), LoopPosition.values().length);
  }

  private static void threads(Statement statement, FeatureRow row) {
    row.add(statement.loops().stream().anyMatch(l -> l.kind() == ForKind.THREAD) ? 1 : 0);
    for (ThreadTag tag : ThreadTag.values()) {
      double extent = 1;
      for (LoopNode loop : statement.loops()) {
        extent *= loop.tag().equals(Optional.of(tag)) ? loop.extent() : 1;
      }
      row.add(extent);
    }
  }

  private static void allocation(Statement statement, FeatureRow row) {
    int depth = statement.allocationDepth();
    double outside = statement.iterations(0, depth);
    double inside = statement.iterations(depth, statement.loops().size());
    row.add(statement.target().bytes(depth));
    row.add(outside);
    row.add(inside);
    row.add(outside * inside);
  }

  private static void outer(Statement statement, FeatureRow row) {
    row.add(statement.iterations());
    row.add(statement.loops().size());
    double unrolled = 1;
    for (LoopNode loop : statement.loops()) {
      if (loop.kind() == ForKind.UNROLLED) {
        unrolled = loop.extent() * loop.bodyStatements();
        break;
      }
    }
    row.add(unrolled);
  }

  private static List<String> names() {
    List<String> names = new ArrayList<>();
    for (OperationCounts.Kind kind : OperationCounts.Kind.values()) {
      names.add("operations." + lower(kind));
    }
    for (String kind : List.of("vector", "unroll", "parallel")) {
      for (String field : List.of("number", "product", "length")) {
        names.add(kind + "." + field);
      }
      for (LoopPosition position : LoopPosition.values()) {
        names.add(kind + ".position." + lower(position));
      }
    }
    names.add("gpu");
    for (ThreadTag tag : ThreadTag.values()) {
      names.add("threads." + lower(tag));
    }
    for (int buffer = 0; buffer < BUFFERS; buffer++) {
      for (String field : BufferFeatures.FIELDS) {
        names.add("buffer" + buffer + "." + field);
      }
    }
    for (int sample = 0; sample < CURVE_SAMPLES; sample++) {
      names.add("intensity." + sample);
    }
    for (String field : List.of("bytes", "outside", "inside", "product")) {
      names.add("allocation." + field);
    }
    names.addAll(List.of("iterations", "loops", "unrolled_statements"));
    return List.copyOf(names);
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(java.util.Locale.ROOT);
  }
}
