package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;

/**
 * A product whose tiles are those of a GPU's blocks: its axes by what depends on them, and the
 * tiles that there are for it.
 *
 * <p>Axes that one operand alone depends on are rows, those of the other columns. Axes that both
 * depend on are blocks.
 *
 * @param stage a reduction
 * @param operands what it reads that moves with the reduction
 * @param rows the numbers of the axes that are rows, outermost first
 * @param columns those of the columns
 */
record BlockProduct(Stage stage, List<Access> operands, List<Integer> rows, List<Integer> columns) {

  BlockProduct {
    operands = List.copyOf(operands);
    rows = List.copyOf(rows);
    columns = List.copyOf(columns);
  }

  /** The product with all its axes. */
  static BlockProduct of(SketchState state, Stage stage) {
    return of(state, stage, _ -> true);
  }

  /**
   * The product where some of its axes are always blocks.
   *
   * @param shared true for the numbers of axes that can be rows or columns
   */
  static BlockProduct of(SketchState state, Stage stage, IntPredicate shared) {
    List<Access> operands = operands(state, stage);
    List<Axis> axes = stage.op().axes();
    List<Integer> first = new ArrayList<>();
    List<Integer> second = new ArrayList<>();
    for (int i = 0; i < axes.size(); i++) {
      boolean a = operands.getFirst().dependsOn(axes.get(i).var());
      boolean b = operands.getLast().dependsOn(axes.get(i).var());
      if (shared.test(i) && axes.get(i).size() > 1 && a != b) {
        (a ? first : second).add(i);
      }
    }
    boolean swap = !first.isEmpty() && (second.isEmpty() || first.getLast() > second.getLast());
    return new BlockProduct(stage, operands, swap ? second : first, swap ? first : second);
  }

  /** The reads that move with the reduction. */
  static List<Access> operands(SketchState state, Stage stage) {
    return Access.of(state.schedule(), stage).stream()
        .filter(access -> stage.op().reduceAxes().stream().anyMatch(r -> access.dependsOn(r.var())))
        .distinct()
        .toList();
  }

  /**
   * True for products of two operands of which one at least is used for several results; but not
   * where that is a single row, and each result reads a row of the other that lies side by side:
   * the threads of a warp then read such a row together, and there is nothing to share.
   */
  static boolean hasReuse(SketchState state, Stage stage) {
    return stage.isReduction()
        && ReductionShape.of(state, stage).hasReuse()
        && operands(state, stage).size() == 2
        && !multipliesRows(stage, operands(state, stage));
  }

  private static boolean multipliesRows(Stage stage, List<Access> operands) {
    List<Axis> reduced = stage.op().reduceAxes().stream().filter(axis -> axis.size() > 1).toList();
    return !reduced.isEmpty()
        && !ReductionShape.isMatrixProduct(stage.op().axes(), operands)
        && ReduceRowsTogether.isLong(stage)
        && operands.stream()
            .allMatch(operand -> operand.stride(reduced.getLast().var()).orElse(0) == 1);
  }

  /** The same with rows in the place of columns. */
  BlockProduct turned() {
    return new BlockProduct(stage, operands, columns, rows);
  }

  /** The rows, then the columns. */
  List<Axis> rowsAndColumns() {
    return Stream.concat(rows.stream(), columns.stream()).map(stage.op().axes()::get).toList();
  }

  List<Long> rowExtents() {
    return extents(rows);
  }

  private List<Long> extents(List<Integer> group) {
    return group.stream().map(i -> stage.op().axes().get(i).size()).toList();
  }

  private long extent(List<Integer> group) {
    return extents(group).stream().reduce(1L, (a, b) -> a * b);
  }

  /** How many products are summed for each element. */
  long length() {
    return stage.op().reduceAxes().stream().mapToLong(Axis::size).reduce(1, (a, b) -> a * b);
  }

  /** True where tensor cores can make the product. */
  boolean isForCores(CudaTarget gpu) {
    return CoreProduct.of(gpu, stage, operands, rowsAndColumns()).isPresent();
  }

  /** How the tensor cores of warps make the product; empty where they have no tile for it. */
  Optional<CoreProduct> onWarps(CudaTarget gpu) {
    return rows.isEmpty() || columns.size() != 1
        ? Optional.empty()
        : CoreProduct.of(gpu, stage, operands, rowsAndColumns())
            .filter(warps -> !coreTiles(warps).isEmpty());
  }

  /**
   * How groups of warps make what warps can; empty where they have no tile for it.
   *
   * @param warps how warps make it
   */
  Optional<CoreProduct> inGroups(CudaTarget gpu, CoreProduct warps) {
    return rows.size() != 1
        ? Optional.empty()
        : warps
            .inGroups(gpu, stage, operands, rowsAndColumns())
            .filter(groups -> !coreTiles(groups).isEmpty());
  }

  /**
   * The tiles for what multiplies: tensor cores, or the multiply-add units where there are none.
   */
  List<BlockTile> tiles(CudaTarget gpu, Optional<CoreProduct> cores) {
    return cores.map(this::coreTiles).orElseGet(() -> unitTiles(gpu));
  }

  private List<BlockTile> unitTiles(CudaTarget gpu) {
    List<BlockTile> fitting = BlockTile.fitting(extent(rows), extent(columns));
    return BlockTile.affordable(fitting, gpu, stage, operands.size());
  }

  /** Those whose operands fit shared memory for the least part of the reduction. */
  private List<BlockTile> coreTiles(CoreProduct cores) {
    Axis along = stage.op().reduceAxes().get(cores.along());
    if (cores.groups()) {
      PrimVar column = stage.op().axes().get(columns.getFirst()).var();
      boolean turned =
          operands.stream()
              .anyMatch(
                  operand ->
                      operand.dependsOn(column)
                          && !CoreProduct.isAlong(operand, along, rowsAndColumns()));
      return BlockTile.forGroups(extent(rows), extent(columns), turned ? cores.step() : 1);
    }
    long longest = stage.op().reduceAxes().stream().mapToLong(Axis::size).max().orElse(1);
    long window = length() / longest;
    long steps = along.size() / cores.step();
    return BlockTile.forCores(extents(rows), extents(columns), steps).stream()
        .filter(tile -> tile.coreBytes(window) <= CudaTarget.STATIC_SHARED_BYTES)
        .toList();
  }
}
