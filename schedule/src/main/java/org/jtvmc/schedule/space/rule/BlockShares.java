package org.jtvmc.schedule.space.rule;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.te.Axis;

/**
 * How the threads of a block share out what a tile has of each axis of a product.
 *
 * @param parts of the axes that are rows or columns, by number; of others a block has one element
 */
record BlockShares(BlockProduct product, BlockTile tile, Map<Integer, Parts> parts) {
  /** Rows of a warp that neighbouring lanes have, on tensor cores. */
  private static final long ROWS_OF_WARP = 8;

  static BlockShares of(BlockProduct product, BlockTile tile) {
    BlockShares shares = new BlockShares(product, tile, new LinkedHashMap<>());
    shares.distribute();
    return shares;
  }

  /** The axis of the columns whose neighbours lie side by side. */
  int column() {
    return product.columns().getLast();
  }

  /** What one block computes of each axis, by the axes' names; the caller's own. */
  Map<String, Long> sizes() {
    Map<String, Long> sizes = new LinkedHashMap<>();
    for (int i = 0; i < product.stage().op().axes().size(); i++) {
      String axis = product.stage().axes().get(i).id();
      sizes.put(axis, parts.getOrDefault(i, Parts.NONE).size());
    }
    return sizes;
  }

  /** How many blocks there are. */
  long blocks() {
    long blocks = 1;
    for (int i = 0; i < product.stage().op().axes().size(); i++) {
      long extent = product.stage().op().axes().get(i).size();
      blocks *= Math.ceilDiv(extent, parts.getOrDefault(i, Parts.NONE).size());
    }
    return blocks;
  }

  /** How many elements a block computes along the rows; with what lies beyond the product's end. */
  long rows() {
    return size(product.rows());
  }

  /** The same along the columns. */
  long columns() {
    return size(product.columns());
  }

  private long size(List<Integer> group) {
    return group.stream().mapToLong(i -> parts.get(i).size()).reduce(1, (a, b) -> a * b);
  }

  /** The threads of a block: fewer than the tile's where the axes have no use for all. */
  long threads() {
    return tile.parts()
        * parts.values().stream()
            .mapToLong(own -> own.threads() * own.lanes())
            .reduce(1, (a, b) -> a * b);
  }

  /**
   * The product's operands in shared memory.
   *
   * @param threads of a block
   */
  SharedOperands operands(long threads, Optional<CoreProduct> cores) {
    return new SharedOperands(
        product.stage(), product.operands(), threads, cores, product.rowsAndColumns());
  }

  private void distribute() {
    if (tile.groups()) {
      long warps = tile.threadRows() / ROWS_OF_WARP;
      parts.put(product.rows().getLast(), new Parts(tile.rows() / 2, warps, 2, ROWS_OF_WARP, 1));
      parts.put(column(), new Parts(tile.virtualColumns(), tile.threadColumns(), 2));
      return;
    }
    if (tile.cores()) {
      distributeRowsOfWarps();
    } else {
      distribute(product.rows(), tile.threadRows(), tile.rows(), tile.virtualRows(), false);
    }
    distribute(
        product.columns(), tile.threadColumns(), tile.columns(), tile.virtualColumns(), true);
  }

  /**
   * Gives neighbouring elements to the innermost axis, and threads from there on outwards.
   *
   * @param together true where neighbours are stored together and have to divide their axis: where
   *     they do not, a thread's other elements are apart
   */
  private void distribute(
      List<Integer> group, long threads, long elements, long virtual, boolean together) {
    List<Axis> axes = product.stage().op().axes();
    long left = threads;
    boolean innermost = true;
    for (int i : group.reversed()) {
      long extent = axes.get(i).size();
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
  private void distributeRowsOfWarps() {
    List<Integer> rows = product.rows();
    long[] outer = tile.outerRows(product.rowExtents());
    long[] inner = tile.innerRows(product.rowExtents());
    for (int i = 0; i < rows.size(); i++) {
      Parts own =
          i == rows.size() - 1
              ? new Parts(inner[0], inner[1], 1)
              : i == rows.size() - 2 ? new Parts(outer[0], outer[1], 1) : Parts.NONE;
      parts.put(rows.get(i), own);
    }
  }
}
