package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.SketchState;
import org.jtvmc.schedule.step.Bind;
import org.jtvmc.schedule.step.ComputeAt;
import org.jtvmc.schedule.step.Split;
import org.jtvmc.schedule.step.Unroll;

/**
 * How a reduction (the producer) and the stage that takes its result (the consumer) are tiled for a
 * GPU.
 *
 * <p>A tile of the product's rows and columns ({@link BlockProduct}) is a block's, divided among
 * virtual threads, threads, and neighbouring elements of one thread ({@link BlockShares}). The
 * producer is computed in each thread's registers, its operands inside the outer loop of the
 * reduction in shared memory ({@link SharedOperands}). This is Ansor's SSSRRSRS structure. Which
 * tile is the default is a matter of arithmetic ({@link ProductCycles}).
 */
final class BlockPlan {
  private final Stage consumer;
  private final BlockProduct product;

  /** For each axis of the producer the consumer's; -1 where it has none. */
  private final int[] consumerAxis;

  private BlockPlan(Stage consumer, BlockProduct product, int[] consumerAxis) {
    this.consumer = consumer;
    this.product = product;
    this.consumerAxis = consumerAxis;
  }

  /** The plan; empty where the consumer's loops do not map onto the producer's axes. */
  static Optional<BlockPlan> of(SketchState state, Stage consumer, Stage producer) {
    return TilePlan.consumerAxes(state, consumer, producer)
        .map(
            axes ->
                new BlockPlan(consumer, BlockProduct.of(state, producer, i -> axes[i] >= 0), axes))
        .filter(plan -> !plan.product.columns().isEmpty());
  }

  /** What a block has of each axis; not ordered where others than the next tile follow. */
  record Block(List<Long> sizes, long threads, boolean ordered) {}

  /** What multiplies, and which axes are its rows and columns; no cores are ordinary units. */
  private record Choice(BlockProduct product, Optional<CoreProduct> cores) {}

  Block apply(SketchState state) {
    Choice choice = choose(state);
    Stage producer = product.stage();
    Optional<CoreProduct> cores = choice.cores();
    String what = cores.map(own -> own.groups() ? "groups" : "warps").orElse("units");
    BlockTile preferred =
        state.answer(
            "tile of " + producer.id() + " for " + what,
            BlockTile.class,
            () -> new ProductCycles(choice.product(), state.gpu(), 1).best(cores));
    BlockTile tile =
        state.pick(producer.id() + ".tile", choice.product().tiles(state.gpu(), cores), preferred);
    BlockShares shares = BlockShares.of(choice.product(), tile);
    List<Long> sizes = List.copyOf(shares.sizes().values());
    if (tile.parts() > 1) {
      applyInParts(state, shares, cores.orElseThrow());
      return new Block(sizes, tile.threads(), true);
    }
    String thread = tileConsumer(state, shares);
    // Fewer than the tile's where an axis of the consumer is shorter than the producer's.
    long threads = state.stage(consumer.id()).leaf(thread).orElseThrow().extent();
    state.apply(new ComputeAt(producer.id(), consumer.id(), thread));
    Map<String, Long> own = shares.sizes();
    SharedOperands operands = shares.operands(threads, cores);
    String reduce = operands.splitReduction(state, own, 1);
    TileLoops.tileProducer(state, producer, shares.parts(), shares.column(), reduce);
    operands.copyAhead(state, producer.id(), own, reduce, resident(tile, threads), 0);
    return new Block(sizes, threads, !tile.groups());
  }

  /** The same where warps make parts of the reduction: see {@link PartsInBlock}. */
  private void applyInParts(SketchState state, BlockShares shares, CoreProduct cores) {
    BlockProduct own = shares.product();
    BlockTile tile = shares.tile();
    String id = own.stage().id();
    PartsInBlock inBlock =
        new PartsInBlock(own.stage(), own.rowsAndColumns(), own.rows(), own.columns(), cores, tile);
    SharedOperands operands = shares.operands(tile.threads(), Optional.of(cores));
    String steps = inBlock.factor(state, operands, shares.sizes());
    String thread = tileConsumer(state, shares);
    Stage sum = state.stage(id);
    state.apply(new ComputeAt(sum.id(), consumer.id(), thread));
    String added = sum.leaves().getLast().id();
    TileLoops.tileProducer(state, sum, shares.parts(), shares.column(), added);
    state.apply(new Unroll(sum.id(), added));
    String block = state.stage(consumer.id()).leaves().getFirst().id();
    inBlock.make(state, shares.parts(), consumer.id(), block, steps);
  }

  /** For how many blocks a multiprocessor has registers. */
  private static long resident(BlockTile tile, long threads) {
    return tile.groups()
        ? tile.residentBlocks()
        : Math.max(1, CopyAhead.RESIDENT_THREADS / threads);
  }

  /** Decides what multiplies, where tensor cores can. */
  private Choice choose(SketchState state) {
    Choice units = new Choice(product, Optional.empty());
    if (product.rows().isEmpty()) {
      return units;
    }
    // On tensor cores neighbouring threads have the consumer's inner axis.
    boolean crossed =
        consumerAxis[product.rows().getLast()] > consumerAxis[product.columns().getLast()];
    boolean single = product.rows().size() == 1 && product.columns().size() == 1;
    if (crossed && !single) {
      return units;
    }
    BlockProduct own = crossed ? product.turned() : product;
    Optional<CoreProduct> warps = own.onWarps(state.gpu());
    if (warps.isEmpty()) {
      return units;
    }
    Optional<CoreProduct> groups = own.inGroups(state.gpu(), warps.get());
    List<String> options = new ArrayList<>(List.of("yes", "no"));
    groups.ifPresent(_ -> options.add("groups"));
    ProductCycles cycles = new ProductCycles(own, state.gpu(), 1);
    boolean together = groups.isPresent() && cycles.isLessInGroups(groups.get(), warps.get());
    String id = product.stage().id();
    return switch (state.pick(id + ".cores", options, together ? "groups" : "yes")) {
      case "groups" -> new Choice(own, groups);
      case "yes" -> new Choice(own, warps);
      default -> units;
    };
  }

  /** Cuts the consumer into tiles; returns the loop inside which a thread's tile is computed. */
  private String tileConsumer(SketchState state, BlockShares shares) {
    String id = consumer.id();
    BlockTile tile = shares.tile();
    List<Integer> all = IntStream.range(0, consumer.op().axes().size()).boxed().toList();
    TileLoops loops = TileLoops.cut(state, consumer, all, axis -> partsOf(axis, shares.parts()));
    List<String> blocks = loops.blocks();
    if (tile.groups() && loops.tiled().size() == 2) {
      blocks = BlockOrder.grouped(state, id, product.stage().id(), blocks, loops.tiled());
    }
    loops.reorder(state, id, blocks);
    state.apply(new Bind(id, state.fuse(id, blocks), ThreadTag.BLOCK_X));
    String copies = state.fuse(id, loops.virtual());
    String thread = state.fuse(id, loops.threads());
    long parts = tile.sharesOf(state.stage(id).leaf(copies).orElseThrow().extent());
    if (parts > 1) {
      state.apply(new Split(id, copies, List.of(parts)));
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
    return parts.entrySet().stream()
        .filter(entry -> consumerAxis[entry.getKey()] == consumerIndex)
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(Parts.NONE);
  }
}
