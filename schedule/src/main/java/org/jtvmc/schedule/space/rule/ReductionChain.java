package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;

/**
 * Matrix products one behind the other, with work on whole rows between them: attention's scores,
 * their softmax, and its product with the values.
 *
 * <p>The rows of all of them correspond: a block of rows of the result needs that block of every
 * intermediate tensor, and no more, so that nothing is computed twice when the blocks follow one
 * another and an intermediate tensor never leaves the cache.
 *
 * @param result the stage that is written
 * @param last the product that the result takes element by element; the result itself where it is a
 *     product
 * @param products the others, those nearer to the result first
 * @param rowStages what products read of the chain, each with what only it needs of a row
 * @param rows the axes of the result along which all stages correspond, in its order
 * @param tiled the one among {@code rows} of which a block is computed at a time
 * @param images for each stage, by id, and each of {@code rows} the index of the stage's axis
 */
record ReductionChain(
    Stage result,
    Stage last,
    List<Stage> products,
    Map<Stage, List<Stage>> rowStages,
    List<Integer> rows,
    int tiled,
    Map<String, Map<Integer, Integer>> images) {

  /** The chain that ends in {@code result}; empty where there is none. */
  static Optional<ReductionChain> of(SketchState state, Stage result) {
    List<Stage> members = members(state, result);
    List<Stage> products = members.stream().filter(member -> isProduct(state, member)).toList();
    Optional<Stage> last =
        result.isReduction()
            ? Optional.of(result).filter(stage -> isProduct(state, stage))
            : products.stream().filter(product -> reads(state, result, product)).findFirst();
    if (last.isEmpty() || products.stream().allMatch(last.get()::equals)) {
      return Optional.empty();
    }
    List<Stage> others = products.stream().filter(product -> product != last.get()).toList();
    return rowStages(state, last.get(), others, members)
        .flatMap(stages -> withRows(state, result, last.get(), others, stages, members));
  }

  /** A sum of products whose operands serve several elements each. */
  private static boolean isProduct(SketchState state, Stage stage) {
    return stage.op().reducer().equals(Optional.of(Reducer.SUM))
        && Access.body(state.schedule(), stage) instanceof Binary body
        && body.op() == BinaryOp.MULTIPLY
        && ReductionShape.of(state, stage).hasReuse();
  }

  /** Everything that only the result and other members read; consumers before producers. */
  private static List<Stage> members(SketchState state, Stage result) {
    Set<String> ids = new HashSet<>(Set.of(result.id()));
    List<Stage> members = new ArrayList<>();
    for (Stage candidate : state.schedule().stages().reversed()) {
      List<Stage> readers = state.readers(candidate);
      if (!candidate.isInlined()
          && !candidate.isOutput()
          && candidate.isFresh()
          && !state.isScheduled(candidate.id())
          && !readers.isEmpty()
          && readers.stream().allMatch(reader -> ids.contains(reader.id()))) {
        ids.add(candidate.id());
        members.add(candidate);
      }
    }
    return members;
  }

  private static boolean reads(SketchState state, Stage reader, Stage producer) {
    return Access.of(state.schedule(), reader).stream()
        .anyMatch(access -> access.tensor() == producer.tensor());
  }

  /** Divides the members that are no products; empty where they do not belong to one row each. */
  private static Optional<Map<Stage, List<Stage>>> rowStages(
      SketchState state, Stage last, List<Stage> products, List<Stage> members) {
    List<Stage> all = new ArrayList<>(products);
    all.add(last);
    Map<Stage, List<Stage>> stages = new LinkedHashMap<>();
    Set<Stage> placed = new HashSet<>(all);
    for (Stage member : members) {
      boolean isRead = all.stream().anyMatch(product -> reads(state, product, member));
      if (isRead && !all.contains(member)) {
        List<Stage> group = ReduceRows.group(state, member, all);
        if (member.isReduction() || ReduceRows.rows(state, member, group) == 0) {
          return Optional.empty();
        }
        stages.put(member, group);
        placed.add(member);
        placed.addAll(group);
      }
    }
    return placed.containsAll(members) ? Optional.of(stages) : Optional.empty();
  }

  private static Optional<ReductionChain> withRows(
      SketchState state,
      Stage result,
      Stage last,
      List<Stage> products,
      Map<Stage, List<Stage>> rowStages,
      List<Stage> members) {
    Map<String, Map<Integer, Integer>> images = images(state, result, members);
    List<Integer> rows =
        images.get(result.id()).keySet().stream()
            .filter(row -> members.stream().allMatch(m -> images.get(m.id()).containsKey(row)))
            .sorted()
            .toList();
    List<Stage> all = new ArrayList<>(products);
    all.add(last);
    Set<Stage> ownRows = rowStages.keySet();
    boolean leading =
        ownRows.stream()
            .allMatch(
                stage ->
                    ReduceRows.rows(state, stage, rowStages.get(stage)) >= rows.size()
                        && rows.stream()
                            .allMatch(row -> images.get(stage.id()).get(row) < rows.size()));
    Optional<Integer> tiled =
        rows.stream()
            .filter(
                row ->
                    all.stream()
                        .allMatch(p -> isReused(state, p, images.get(p.id()).get(row), members)))
            .reduce((a, b) -> size(result, b) >= size(result, a) ? b : a);
    return leading && tiled.isPresent()
        ? Optional.of(
            new ReductionChain(result, last, products, rowStages, rows, tiled.get(), images))
        : Optional.empty();
  }

  private static long size(Stage stage, int axis) {
    return stage.op().axes().get(axis).size();
  }

  /** True where something from outside of the chain serves all values of the product's axis. */
  private static boolean isReused(SketchState state, Stage product, int axis, List<Stage> members) {
    Axis row = product.op().axes().get(axis);
    return row.size() > 1
        && Access.of(state.schedule(), product).stream()
            .anyMatch(
                access ->
                    !access.dependsOn(row.var())
                        && members.stream().noneMatch(m -> m.tensor() == access.tensor()));
  }

  /**
   * For every stage the axes that correspond to the result's: every reader's access has the axis as
   * an index of its own, at the same place, and in no other index.
   */
  private static Map<String, Map<Integer, Integer>> images(
      SketchState state, Stage result, List<Stage> members) {
    Map<String, Map<Integer, Integer>> images = new HashMap<>();
    Map<Integer, Integer> own = new HashMap<>();
    for (int axis = 0; axis < result.op().axes().size(); axis++) {
      own.put(axis, axis);
    }
    images.put(result.id(), own);
    List<Stage> readers = new ArrayList<>(List.of(result));
    for (Stage member : members) {
      Map<Integer, Integer> common = null;
      for (Stage reader : readers) {
        for (Access access : Access.of(state.schedule(), reader)) {
          if (access.tensor() == member.tensor()) {
            Map<Integer, Integer> through = through(images.get(reader.id()), reader, access);
            if (common == null) {
              common = through;
            } else {
              common.entrySet().retainAll(through.entrySet());
            }
          }
        }
      }
      images.put(member.id(), common == null ? Map.of() : common);
      readers.add(member);
    }
    return images;
  }

  private static Map<Integer, Integer> through(
      Map<Integer, Integer> image, Stage reader, Access access) {
    Map<Integer, Integer> through = new HashMap<>();
    image.forEach(
        (row, axis) -> {
          Axis variable = reader.op().axes().get(axis);
          List<Integer> uses = new ArrayList<>();
          for (int i = 0; i < access.indices().size(); i++) {
            Access index = new Access(access.tensor(), List.of(access.indices().get(i)));
            if (index.dependsOn(variable.var())) {
              uses.add(access.indices().get(i) == variable.var() ? i : -1);
            }
          }
          if (uses.size() == 1 && uses.getFirst() >= 0) {
            through.put(row, uses.getFirst());
          }
        });
    return through;
  }

  /** The index of the axis of {@code stage} of which a block is computed at a time. */
  int tiledAxis(Stage stage) {
    return images.get(stage.id()).get(tiled);
  }

  /** True where the axis of {@code stage} is one of the corresponding ones. */
  boolean isRow(Stage stage, int axis) {
    return rows.stream().anyMatch(row -> images.get(stage.id()).get(row) == axis);
  }
}
