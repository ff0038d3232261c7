package org.jtvmc.schedule.space.rule;

import static org.jtvmc.schedule.space.rule.BlockTile.Units.ORDINARY;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Reducer;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.DType;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.space.Access;
import org.jtvmc.schedule.space.Candidate;
import org.jtvmc.schedule.space.DesignSpace;
import org.junit.jupiter.api.Test;

/** What the arithmetic of tiles says of blocks and threads is what the schedules have. */
class BlockSharesTest {
  private static final CudaTarget GPU = CudaTarget.typical(80);

  private static Tensor dense(long rows, long depth, long columns) {
    Tensor x = Tensor.placeholder("x", DType.F32, rows, depth);
    Tensor w = Tensor.placeholder("w", DType.F32, depth, columns);
    return Tensor.reduce(
        "out",
        Reducer.SUM,
        Tensor.sizes(rows, columns),
        Tensor.sizes(depth),
        (i, r) -> x.at(i.get(0), r.get(0)).times(w.at(r.get(0), i.get(1))));
  }

  /** Of one tap, whose channels lie outside of its pixels. */
  private static Tensor convolution(long images, long channels, long side, int stride) {
    Tensor x = Tensor.placeholder("x", DType.F32, images, channels, side * stride, side * stride);
    Tensor w = Tensor.placeholder("w", DType.F32, 2 * channels, channels);
    return Tensor.reduce(
        "out",
        Reducer.SUM,
        Tensor.sizes(images, 2 * channels, side, side),
        Tensor.sizes(channels),
        (i, r) ->
            x.at(i.get(0), r.get(0), i.get(2).times(stride), i.get(3).times(stride))
                .times(w.at(i.get(1), r.get(0))));
  }

  private static List<Tensor> products() {
    return List.of(
        dense(128, 64, 256),
        dense(100, 64, 72),
        dense(37, 64, 41),
        convolution(1, 32, 14, 1),
        convolution(8, 32, 7, 2),
        convolution(3, 64, 9, 2));
  }

  private static long elements(BlockProduct product) {
    return product.stage().op().axes().stream().mapToLong(Axis::size).reduce(1, (a, b) -> a * b);
  }

  private static BlockProduct product(ComputeDag dag) {
    Schedule schedule = Schedule.of(dag);
    Stage stage = schedule.stages().getLast();
    List<Access> operands = Access.of(schedule, stage);
    boolean dense = stage.op().axes().size() == 2;
    return new BlockProduct(
        stage, operands, dense ? List.of(0) : List.of(1), dense ? List.of(1) : List.of(0, 2, 3));
  }

  /** How many there are of the threads with a tag; 1 where no loop is theirs. */
  private static long extent(Stage stage, ThreadTag tag) {
    return stage.leaves().stream()
        .filter(leaf -> leaf.tag().equals(Optional.of(tag)))
        .mapToLong(IterVar::extent)
        .findFirst()
        .orElse(1);
  }

  @Test
  void blocksAndThreadsAreThoseOfTheSchedule() {
    for (Tensor out : products()) {
      ComputeDag dag = ComputeDag.of(List.of(out));
      BlockProduct product = product(dag);
      for (BlockTile tile : product.tiles(GPU, Optional.empty())) {
        Map<String, String> values = new HashMap<>();
        values.put("out.split", "1");
        values.put("out.cache.tile", tile.toString());
        Candidate candidate = DesignSpace.of(dag, GPU).replay(values);
        assertEquals(tile.toString(), candidate.values().get("out.cache.tile"));
        BlockShares shares = BlockShares.of(product, tile);
        Stage stage = candidate.schedule().stage("out");
        String name = product.stage().op() + " by " + tile;
        assertEquals(extent(stage, ThreadTag.BLOCK_X), shares.blocks(), name);
        assertEquals(extent(stage, ThreadTag.THREAD_X), shares.threads(), name);
        assertTrue(shares.blocks() * shares.rows() * shares.columns() >= elements(product), name);
      }
    }
  }

  /** Images of a batch are next to each other in no thread, whatever the stride. */
  @Test
  void imagesAreTurnedOnlyForNeighbouringPixels() {
    for (Tensor out : List.of(convolution(8, 32, 7, 2), convolution(8, 32, 8, 1))) {
      BlockProduct product = product(ComputeDag.of(List.of(out)));
      OperandStage stage = stageOf(product);
      for (int operand = 0; operand < 2; operand++) {
        boolean image = product.operands().get(operand).indices().size() == 4;
        assertEquals(image ? 3 : 0, stage.fastest(operand, Map.of()));
      }
    }
  }

  /** Rows that are turned on their way are longer by one access. */
  @Test
  void turnedRowsTakeTheirPadding() {
    BlockProduct product = product(ComputeDag.of(List.of(dense(128, 64, 256))));
    OperandStage stage = stageOf(product);
    Map<String, Long> sizes = new HashMap<>();
    product.stage().axes().forEach(axis -> sizes.put(axis.id(), axis.isReduce() ? 8L : 32L));
    long rows = 8 * (32 + 4);
    long columns = 8 * 32;
    assertEquals(Float.BYTES * (rows + columns), stage.bytes(sizes));
  }

  private static OperandStage stageOf(BlockProduct product) {
    return new OperandStage(
        product.stage(), product.operands(), Optional.empty(), product.rowsAndColumns());
  }

  /** Where copies wait in registers, a step is what a thread can carry beside its sums. */
  @Test
  void stepsAreShorterWhereCopiesGoThroughRegisters() {
    BlockProduct product = product(ComputeDag.of(List.of(dense(128, 64, 256))));
    BlockShares shares = BlockShares.of(product, new BlockTile(16, 16, 8, 8, ORDINARY));
    OperandStage stage = stageOf(product);
    CudaTarget older = CudaTarget.typical(75);
    assertEquals(16, stage.steps(GPU, shares.sizes(), 1, shares.threads()).preferred());
    assertEquals(8, stage.steps(older, shares.sizes(), 1, shares.threads()).preferred());
  }

  /** Two accesses of each operand, of four registers and an address, beside 64 sums: 84. */
  @Test
  void nothingIsCarriedForWhichAThreadHasNoRegisters() {
    BlockProduct product = product(ComputeDag.of(List.of(dense(128, 64, 256))));
    BlockShares shares = BlockShares.of(product, new BlockTile(16, 16, 8, 8, ORDINARY));
    OperandStage stage = stageOf(product);
    CudaTarget older = CudaTarget.typical(75);
    Map<String, Long> sizes = shares.sizes();
    String reduced = stage.steps(older, sizes, 1, shares.threads()).axis();
    sizes.put(reduced, 16L);
    assertFalse(stage.isCarried(older, sizes, shares.threads()));
    assertTrue(stage.isCarried(GPU, sizes, shares.threads()));
    sizes.put(reduced, 8L);
    assertTrue(stage.isCarried(older, sizes, shares.threads()));
  }
}
