package org.jtvmc.schedule.space.rule;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchState;

/**
 * About how many cycles a GPU takes for a product, and with which tile it takes least: by
 * arithmetic, of which {@link UnitTileCost} has that of the multiply-add units and {@link
 * CoreTileCost} that of tensor cores.
 *
 * @param parts into which the reduction is divided, a block for each of a tile's
 */
record ProductCycles(BlockProduct product, CudaTarget gpu, long parts) {
  /** Steps of tensor cores that a part of a reduction is worth: two of groups of warps. */
  private static final long LEAST_STEPS = 8;

  /**
   * What a product takes with its best tile.
   *
   * @param cycles of the device
   * @param elements of a tile
   * @param tiles of the result
   */
  record Cost(double cycles, long elements, long tiles) {}

  /**
   * What the product takes where blocks make one part each of the reduction.
   *
   * @param stage a reduction with reuse
   * @param axis one of its reduce axes, which is divided
   * @return empty where tensor cores make the product, and could not make parts so short
   */
  static Optional<Cost> inParts(SketchState state, Stage stage, Axis axis, long parts) {
    int reduced = stage.op().reduceAxes().indexOf(axis);
    String question = "cycles of %s in %d of axis %d".formatted(stage.id(), parts, reduced);
    return state
        .answer(question, Found.class, () -> new Found(findInParts(state, stage, axis, parts)))
        .cost();
  }

  private record Found(Optional<Cost> cost) {}

  private static Optional<Cost> findInParts(SketchState state, Stage stage, Axis axis, long parts) {
    BlockProduct product = BlockProduct.of(state, stage);
    if (product.columns().isEmpty()) {
      return Optional.empty();
    }
    ProductCycles cycles = new ProductCycles(product, state.gpu(), parts);
    Optional<CoreProduct> cores = product.onWarps(state.gpu());
    if (cores.isEmpty()) {
      return Optional.of(cycles.leastOnUnits());
    }
    long step = cores.get().step();
    boolean divides =
        stage.op().reduceAxes().indexOf(axis) == cores.get().along()
            && axis.size() % (parts * step) == 0
            && axis.size() >= parts * LEAST_STEPS * step;
    return divides ? Optional.of(cycles.leastOnCores()) : Optional.empty();
  }

  /**
   * About how many cycles the product, which has reuse, takes in one launch by what multiplies
   * fastest; empty where it has no columns.
   */
  static OptionalDouble least(SketchState state, Stage stage) {
    BlockProduct product = BlockProduct.of(state, stage);
    if (product.columns().isEmpty()) {
      return OptionalDouble.empty();
    }
    double gathering =
        product.operands().stream()
            .flatMap(operand -> GatheredOperand.of(state, operand.tensor()).stream())
            .mapToDouble(gathered -> gathered.cycles(state))
            .sum();
    ProductCycles cycles = new ProductCycles(product, state.gpu(), 1);
    return OptionalDouble.of(
        Math.min(cycles.leastOnUnits().cycles(), gathering + cycles.leastOnCores().cycles()));
  }

  /** The tile that takes least. */
  BlockTile best(Optional<CoreProduct> cores) {
    return BlockTile.best(product.tiles(gpu, cores), costOf(cores));
  }

  /** True where groups of warps take less than warps. */
  boolean isLessInGroups(CoreProduct groups, CoreProduct warps) {
    return least(Optional.of(groups)).cycles() < least(Optional.of(warps)).cycles();
  }

  private Cost leastOnUnits() {
    return least(Optional.empty());
  }

  /** The least of warps and groups of warps; infinite where neither can make the product. */
  private Cost leastOnCores() {
    Optional<CoreProduct> warps = product.onWarps(gpu);
    Optional<CoreProduct> groups = warps.flatMap(cores -> product.inGroups(gpu, cores));
    Cost least = new Cost(Double.POSITIVE_INFINITY, 0, 0);
    for (CoreProduct cores : Stream.of(warps, groups).flatMap(Optional::stream).toList()) {
      Axis along = product.stage().op().reduceAxes().get(cores.along());
      if (along.size() % (parts * cores.step()) == 0) {
        Cost cost = least(Optional.of(cores));
        least = cost.cycles() < least.cycles() ? cost : least;
      }
    }
    return least;
  }

  private Cost least(Optional<CoreProduct> cores) {
    ToDoubleFunction<BlockTile> cost = costOf(cores);
    BlockTile best = BlockTile.best(product.tiles(gpu, cores), cost);
    // What one product of every element costs is in the time of a multiply-add.
    double perProduct = (double) product.length() / parts / gpu.fmaPerCycle();
    BlockShares shares = BlockShares.of(product, best);
    return new Cost(
        perProduct * cost.applyAsDouble(best), shares.rows() * shares.columns(), shares.blocks());
  }

  private ToDoubleFunction<BlockTile> costOf(Optional<CoreProduct> cores) {
    return cores
        .<ToDoubleFunction<BlockTile>>map(product -> onCores(product)::of)
        .orElseGet(() -> new UnitTileCost(product, gpu, parts, stage(Optional.empty()))::of);
  }

  private CoreTileCost onCores(CoreProduct cores) {
    OperandStage stage = stage(Optional.of(cores));
    return new CoreTileCost(
        gpu,
        tile -> parts * BlockShares.of(product, tile).blocks(),
        tile -> stage.leastBytes(BlockShares.of(product, tile).sizes(), tile.parts()),
        product.length() / parts,
        product.length() / product.stage().op().reduceAxes().get(cores.along()).size(),
        cores.step(),
        product.operands().getFirst().tensor().dtype().bytes());
  }

  private OperandStage stage(Optional<CoreProduct> cores) {
    return new OperandStage(product.stage(), product.operands(), cores, product.rowsAndColumns());
  }
}
