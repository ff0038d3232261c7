package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Bind;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;

/**
 * How a reduction (the producer) and the stage that takes its result (the consumer) are tiled for a
 * GPU.
 *
 * <p>The consumer's axes that one operand alone depends on are rows, those of the other columns; a
 * tile of them is a block's, divided among virtual threads, threads, and neighbouring elements of
 * one thread. Axes that both depend on are blocks. The producer is computed in each thread's
 * registers, its operands inside the outer loop of the reduction in shared memory ({@link
 * SharedOperands}). This is Ansor's SSSRRSRS structure.
 */
final class BlockPlan {
  /** Rows of a warp that neighbouring lanes have, on tensor cores. */
  private static final long ROWS_OF_WARP = 8;

  /** Steps of tensor cores that a part of a reduction is worth: two of groups of warps. */
  private static final long LEAST_STEPS = 8;

  private final Stage consumer;
  private final Stage producer;
  private final List<Access> operands;
  private final int[] consumerAxis;

  /** The producer's axes by what depends on them, outermost first. */
  private final List<Integer> rows = new ArrayList<>();

  private final List<Integer> columns = new ArrayList<>();

  private BlockPlan(Stage consumer, Stage producer, List<Access> operands, int[] consumerAxis) {
    this.consumer = consumer;
    this.producer = producer;
    this.operands = operands;
    this.consumerAxis = consumerAxis;
    List<Axis> axes = producer.op().axes();
    List<Integer> first = new ArrayList<>();
    List<Integer> second = new ArrayList<>();
    for (int i = 0; i < axes.size(); i++) {
      boolean a = operands.getFirst().dependsOn(axes.get(i).var());
      boolean b = operands.getLast().dependsOn(axes.get(i).var());
      if (consumerAxis[i] >= 0 && axes.get(i).size() > 1 && a != b) {
        (a ? first : second).add(i);
      }
    }
    boolean swap = !first.isEmpty() && (second.isEmpty() || first.getLast() > second.getLast());
    rows.addAll(swap ? second : first);
    columns.addAll(swap ? first : second);
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

  /** The reads that move with the reduction. */
  static List<Access> operands(SketchState state, Stage stage) {
    return Access.of(state.schedule(), stage).stream()
        .filter(access -> stage.op().reduceAxes().stream().anyMatch(r -> access.dependsOn(r.var())))
        .distinct()
        .toList();
  }

  /** The plan; empty where the consumer's loops do not map onto the producer's axes. */
  static Optional<BlockPlan> of(SketchState state, Stage consumer, Stage producer) {
    return TilePlan.consumerAxes(state, consumer, producer)
        .map(axes -> new BlockPlan(consumer, producer, operands(state, producer), axes))
        .filter(plan -> !plan.columns.isEmpty());
  }

  /**
   * About how many cycles the product takes where blocks make one part each of the reduction.
   *
   * @param product a reduction with reuse
   * @param parts into which {@code axis}, one of its reduce axes, is divided
   * @return empty where tensor cores make the product, and could not make parts so short
   */
  static Optional<Cost> cycles(SketchState state, Stage product, Axis axis, long parts) {
    BlockPlan plan = alone(state, product);
    if (plan.columns.isEmpty()) {
      return Optional.empty();
    }
    Optional<CoreProduct> cores = plan.onCores(state.gpu(), plan.rows, plan.columns);
    boolean divides =
        cores.isEmpty()
            || (product.op().reduceAxes().indexOf(axis) == cores.get().along()
                && axis.size() % (parts * cores.get().step()) == 0
                && axis.size() >= parts * LEAST_STEPS * cores.get().step());
    return !divides
        ? Optional.empty()
        : Optional.of(
            cores.isPresent()
                ? plan.leastOnCores(state.gpu(), parts)
                : plan.leastOnUnits(state.gpu(), parts));
  }

  private static BlockPlan alone(SketchState state, Stage product) {
    int[] itself = IntStream.range(0, product.op().axes().size()).toArray();
    return new BlockPlan(product, product, operands(state, product), itself);
  }

  /** True where tensor cores can make the product. */
  static boolean isForCores(SketchState state, Stage product) {
    BlockPlan plan = alone(state, product);
    return CoreProduct.of(state.gpu(), product, plan.operands, plan.rowsAndColumns()).isPresent();
  }

  /**
   * About how many cycles the product, which has reuse, takes in one launch by what multiplies
   * fastest; empty where it has no columns.
   */
  static OptionalDouble leastCycles(SketchState state, Stage product) {
    BlockPlan plan = alone(state, product);
    if (plan.columns.isEmpty()) {
      return OptionalDouble.empty();
    }
    double gathering =
        plan.operands.stream()
            .flatMap(operand -> GatheredOperand.of(state, operand.tensor()).stream())
            .mapToDouble(gathered -> gathered.cycles(state))
            .sum();
    return OptionalDouble.of(
        Math.min(
            plan.leastOnUnits(state.gpu(), 1).cycles(),
            gathering + plan.leastOnCores(state.gpu(), 1).cycles()));
  }

  /** Cycles of the device for a product, and the elements of a tile. */
  record Cost(double cycles, long elements, long tiles) {}

  private Cost leastOnUnits(CudaTarget gpu, long parts) {
    ToDoubleFunction<BlockTile> cost = tile -> tile.cost(parts * blocks(tile), gpu);
    BlockTile best = BlockTile.best(tiles(gpu), cost);
    return cost(best, perCycle(gpu, parts) * cost.applyAsDouble(best));
  }

  private Cost cost(BlockTile tile, double cycles) {
    return new Cost(cycles, tile.blockRows() * tile.blockColumns(), blocks(tile));
  }

  /** The least of warps and groups of warps; infinite where neither can make the product. */
  private Cost leastOnCores(CudaTarget gpu, long parts) {
    Optional<CoreProduct> warps = onCores(gpu, rows, columns);
    Optional<CoreProduct> groups =
        warps
            .filter(_ -> rows.size() == 1)
            .flatMap(cores -> cores.inGroups(gpu, producer, operands, rowsAndColumns()))
            .filter(cores -> !coreTiles(rows, columns, cores).isEmpty());
    Cost least = new Cost(Double.POSITIVE_INFINITY, 0, 0);
    for (CoreProduct cores : Stream.of(warps, groups).flatMap(Optional::stream).toList()) {
      Axis along = producer.op().reduceAxes().get(cores.along());
      if (along.size() % (parts * cores.step()) == 0) {
        BlockTile best = bestOnCores(gpu, cores, parts);
        double cycles = perCycle(gpu, parts) * coreCost(gpu, cores, parts).of(best);
        least = cycles < least.cycles() ? cost(best, cycles) : least;
      }
    }
    return least;
  }

  /** Cycles for what one product of every element costs. */
  private double perCycle(CudaTarget gpu, long parts) {
    double products =
        producer.op().reduceAxes().stream().mapToLong(Axis::size).reduce(1, (a, b) -> a * b);
    return products / parts / gpu.fmaPerCycle();
  }

  private List<BlockTile> tiles(CudaTarget gpu) {
    List<BlockTile> fitting = BlockTile.fitting(extent(rows), extent(columns));
    return BlockTile.affordable(fitting, gpu, producer, operands.size());
  }

  /** What a block has of each axis; not ordered where others than the next tile follow. */
  record Block(List<Long> sizes, long threads, boolean ordered) {}

  Block apply(SketchState state) {
    String id = producer.id();
    Optional<CoreProduct> cores = onCores(state);
    List<BlockTile> tiles =
        cores.isPresent() ? coreTiles(rows, columns, cores.get()) : tiles(state.gpu());
    ToDoubleFunction<BlockTile> cost =
        cores
            .map(product -> coreCost(state.gpu(), product, 1))
            .<ToDoubleFunction<BlockTile>>map(ofCores -> ofCores::of)
            .orElse(tile -> tile.cost(blocks(tile), state.gpu()));
    BlockTile preferred = BlockTile.best(tiles, cost);
    BlockTile tile = state.pick(id + ".tile", tiles, preferred);
    Map<Integer, Parts> parts = parts(tile);
    Block block = new Block(List.copyOf(sizes(parts).values()), tile.threads(), !tile.groups());
    if (tile.parts() > 1) {
      applyInParts(state, tile, cores.orElseThrow());
      return block;
    }
    String thread = tileConsumer(state, parts, tile);
    // Fewer than the tile's where an axis of the consumer is shorter than the producer's.
    long threads = state.stage(consumer.id()).leaf(thread).orElseThrow().extent();
    state.apply(new ComputeAt(id, consumer.id(), thread));
    Map<String, Long> sizes = sizes(parts);
    SharedOperands shared =
        new SharedOperands(producer, operands, threads, cores, rowsAndColumns());
    String reduce = shared.splitReduction(state, sizes, 1);
    TileLoops.tileProducer(state, producer, parts, columns.getLast(), reduce);
    shared.copyAhead(state, id, sizes, reduce, resident(tile, threads), 0);
    return new Block(block.sizes(), threads, block.ordered());
  }

  /** The same where warps make parts of the reduction: see {@link PartsInBlock}. */
  private void applyInParts(SketchState state, BlockTile tile, CoreProduct cores) {
    Map<Integer, Parts> parts = parts(tile);
    PartsInBlock inBlock = new PartsInBlock(producer, rowsAndColumns(), rows, columns, cores, tile);
    SharedOperands shared =
        new SharedOperands(
            producer, operands, tile.threads(), Optional.of(cores), rowsAndColumns());
    String steps = inBlock.factor(state, shared, sizes(parts));
    String thread = tileConsumer(state, parts, tile);
    Stage sum = state.stage(producer.id());
    state.apply(new ComputeAt(sum.id(), consumer.id(), thread));
    String added = sum.leaves().getLast().id();
    TileLoops.tileProducer(state, sum, parts, columns.getLast(), added);
    state.apply(new Unroll(sum.id(), added));
    String block = state.stage(consumer.id()).leaves().getFirst().id();
    inBlock.make(state, parts, consumer.id(), block, steps);
  }

  /** For how many blocks a multiprocessor has registers. */
  private static long resident(BlockTile tile, long threads) {
    return tile.groups()
        ? tile.residentBlocks()
        : Math.max(1, CopyAhead.RESIDENT_THREADS / threads);
  }

  private Map<Integer, Parts> parts(BlockTile tile) {
    Map<Integer, Parts> parts = new LinkedHashMap<>();
    if (tile.groups()) {
      long warps = tile.threadRows() / ROWS_OF_WARP;
      parts.put(rows.getLast(), new Parts(tile.rows() / 2, warps, 2, ROWS_OF_WARP, 1));
      parts.put(columns.getLast(), new Parts(tile.virtualColumns(), tile.threadColumns(), 2));
      return parts;
    }
    if (tile.cores()) {
      distributeRows(tile, parts);
    } else {
      distribute(rows, tile.threadRows(), tile.rows(), tile.virtualRows(), parts);
    }
    distribute(columns, tile.threadColumns(), tile.columns(), tile.virtualColumns(), parts);
    return parts;
  }

  /** What one block computes of each axis of the producer. */
  private Map<String, Long> sizes(Map<Integer, Parts> parts) {
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (int i = 0; i < producer.op().axes().size(); i++) {
      sizes.put(axis(producer, i), parts.getOrDefault(i, Parts.NONE).size());
    }
    return sizes;
  }

  private CoreTileCost coreCost(CudaTarget gpu, CoreProduct product, long parts) {
    List<Axis> reduced = producer.op().reduceAxes();
    long length = reduced.stream().mapToLong(Axis::size).reduce(1, (x, y) -> x * y);
    return new CoreTileCost(
        gpu,
        tile -> parts * blocks(tile),
        tile ->
            new SharedOperands(
                    producer, operands, tile.threads(), Optional.of(product), rowsAndColumns())
                .leastBytes(sizes(parts(tile)), tile.parts()),
        length / parts,
        length / reduced.get(product.along()).size(),
        product.step(),
        operands.getFirst().tensor().dtype().bytes());
  }

  /** How tensor cores are to make the product; empty where they are not. */
  private Optional<CoreProduct> onCores(SketchState state) {
    if (rows.isEmpty()) {
      return Optional.empty();
    }
    boolean crossed = consumerAxis[rows.getLast()] > consumerAxis[columns.getLast()];
    boolean single = rows.size() == 1 && columns.size() == 1;
    if ((crossed && !single) || columns.size() != 1) {
      return Optional.empty();
    }
    List<Integer> own = crossed ? columns : rows;
    List<Integer> others = crossed ? rows : columns;
    Optional<CoreProduct> product = onCores(state.gpu(), own, others);
    if (product.isEmpty()) {
      return product;
    }
    Optional<CoreProduct> groups =
        product
            .get()
            .inGroups(state.gpu(), producer, operands, rowsAndColumns())
            .filter(ofGroups -> single && !coreTiles(own, others, ofGroups).isEmpty());
    if (crossed) {
      // Neighbouring threads have the consumer's inner axis.
      columns.add(rows.removeFirst());
      rows.add(columns.removeFirst());
    }
    List<String> options = new ArrayList<>(List.of("yes", "no"));
    groups.ifPresent(_ -> options.add("groups"));
    boolean together =
        groups.isPresent()
            && leastCost(state.gpu(), groups.get(), 1) < leastCost(state.gpu(), product.get(), 1);
    return switch (state.pick(producer.id() + ".cores", options, together ? "groups" : "yes")) {
      case "groups" -> groups;
      case "yes" -> product;
      default -> {
        if (crossed) {
          columns.add(rows.removeFirst());
          rows.add(columns.removeFirst());
        }
        yield Optional.empty();
      }
    };
  }

  private Optional<CoreProduct> onCores(
      CudaTarget gpu, List<Integer> rowAxes, List<Integer> columnAxes) {
    return rowAxes.isEmpty() || columnAxes.size() != 1
        ? Optional.empty()
        : CoreProduct.of(gpu, producer, operands, rowsAndColumns())
            .filter(warps -> !coreTiles(rowAxes, columnAxes, warps).isEmpty());
  }

  private double leastCost(CudaTarget gpu, CoreProduct product, long parts) {
    return coreCost(gpu, product, parts).of(bestOnCores(gpu, product, parts));
  }

  private BlockTile bestOnCores(CudaTarget gpu, CoreProduct product, long parts) {
    return BlockTile.best(coreTiles(rows, columns, product), coreCost(gpu, product, parts)::of);
  }

  private long blocks(BlockTile tile) {
    long batch = extentOfAll() / extent(rows) / extent(columns);
    return tile.blocks(batch, extents(rows), extents(columns));
  }

  /** Those whose operands fit shared memory for the least part of the reduction. */
  private List<BlockTile> coreTiles(
      List<Integer> rowAxes, List<Integer> columnAxes, CoreProduct product) {
    if (product.groups()) {
      Axis along = producer.op().reduceAxes().get(product.along());
      PrimVar column = producer.op().axes().get(columnAxes.getFirst()).var();
      boolean turned =
          operands.stream()
              .anyMatch(
                  operand ->
                      operand.dependsOn(column)
                          && !CoreProduct.isAlong(operand, along, rowsAndColumns()));
      return BlockTile.forGroups(extent(rowAxes), extent(columnAxes), turned ? product.step() : 1);
    }
    long window =
        producer.op().reduceAxes().stream().mapToLong(Axis::size).reduce(1, (a, b) -> a * b)
            / producer.op().reduceAxes().stream().mapToLong(Axis::size).max().orElse(1);
    long steps = producer.op().reduceAxes().get(product.along()).size() / product.step();
    return BlockTile.forCores(extents(rowAxes), extents(columnAxes), steps).stream()
        .filter(tile -> tile.coreBytes(window) <= CudaTarget.STATIC_SHARED_BYTES)
        .toList();
  }

  private List<Axis> rowsAndColumns() {
    List<Axis> all = new ArrayList<>();
    rows.forEach(i -> all.add(producer.op().axes().get(i)));
    columns.forEach(i -> all.add(producer.op().axes().get(i)));
    return all;
  }

  private List<Long> extents(List<Integer> group) {
    return group.stream().map(i -> producer.op().axes().get(i).size()).toList();
  }

  private long extent(List<Integer> group) {
    return group.stream()
        .mapToLong(i -> producer.op().axes().get(i).size())
        .reduce(1, (a, b) -> a * b);
  }

  private long extentOfAll() {
    return producer.op().axes().stream().mapToLong(Axis::size).reduce(1, (a, b) -> a * b);
  }

  private static String axis(Stage stage, int index) {
    return stage.axes().get(index).id();
  }

  /**
   * Gives neighbouring elements to the innermost axis, and threads from there on outwards.
   * Neighbours that are stored together have to divide their axis: where they do not, a thread's
   * other elements are apart.
   */
  private void distribute(
      List<Integer> group, long threads, long elements, long virtual, Map<Integer, Parts> parts) {
    long left = threads;
    boolean innermost = true;
    boolean together = group == columns;
    for (int i : group.reversed()) {
      long extent = producer.op().axes().get(i).size();
      long neighbours = innermost ? elements / virtual : 1;
      while (neighbours > 1 && ((together && extent % neighbours != 0) || neighbours > extent)) {
        neighbours /= 2;
      }
      long apart = innermost ? elements / neighbours : 1;
      long copies = neighbours * apart <= extent ? apart : 1;
      long own = Math.min(left, Math.ceilDiv(extent, neighbours * copies));
      left /= own;
      innermost = false;
      parts.put(i, new Parts(copies, own, neighbours));
    }
  }

  /** Rows of tensor cores: eight threads have neighbours, warps lie below each other. */
  private void distributeRows(BlockTile tile, Map<Integer, Parts> parts) {
    long[] outer = tile.outerRows(extents(rows));
    long[] inner = tile.innerRows(extents(rows));
    for (int i = 0; i < rows.size(); i++) {
      Parts own =
          i == rows.size() - 1
              ? new Parts(inner[0], inner[1], 1)
              : i == rows.size() - 2 ? new Parts(outer[0], outer[1], 1) : Parts.NONE;
      parts.put(rows.get(i), own);
    }
  }

  /** Cuts the consumer into tiles; returns the loop inside which a thread's tile is computed. */
  private String tileConsumer(SketchState state, Map<Integer, Parts> parts, BlockTile tile) {
    String id = consumer.id();
    List<Integer> all = IntStream.range(0, consumer.op().axes().size()).boxed().toList();
    TileLoops loops = TileLoops.cut(state, consumer, all, axis -> partsOf(axis, parts));
    List<String> blocks = loops.blocks();
    if (tile.groups() && loops.tiled().size() == 2) {
      blocks = BlockOrder.grouped(state, id, producer.id(), blocks, loops.tiled());
    }
    loops.reorder(state, id, blocks);
    state.apply(new Bind(id, state.fuse(id, blocks), ThreadTag.BLOCK_X));
    String copies = state.fuse(id, loops.virtual());
    String thread = state.fuse(id, loops.threads());
    long shares = tile.sharesOf(state.stage(id).leaf(copies).orElseThrow().extent());
    if (shares > 1) {
      state.apply(new Split(id, copies, List.of(shares)));
      List<IterVar> leaves = state.stage(id).leaves();
      copies = leaves.get(1).id();
      thread = state.fuse(id, List.of(leaves.get(2).id(), thread));
    }
    if (tile.parts() > 1) {
      state.apply(new Unroll(id, copies));
    } else if (state.stage(id).leaf(copies).orElseThrow().extent() > 1) {
      state.apply(new Bind(id, copies, ThreadTag.VIRTUAL));
    }
    state.apply(new Bind(id, thread, ThreadTag.THREAD_X));
    loops.flatten(state, id);
    return thread;
  }

  private Parts partsOf(int consumerIndex, Map<Integer, Parts> parts) {
    for (Map.Entry<Integer, Parts> entry : parts.entrySet()) {
      if (consumerAxis[entry.getKey()] == consumerIndex) {
        return entry.getValue();
      }
    }
    return Parts.NONE;
  }
}
