package org.jtvmc.schedule.space.rule;

import java.util.ArrayList;
import java.util.List;

/**
 * The part of a product that is kept in tile registers: {@code rowTiles x columnTiles} of them,
 * each of {@code height} rows and 16 columns.
 */
record MatrixTile(int rowTiles, int columnTiles, long height) {
  static final long COLUMNS = 16;

  /** The rows of a tile register. */
  private static final long MOST_ROWS = 16;

  /** Of the eight registers two hold operands. */
  private static final int MOST_SUMS = 4;

  /** What a multiplication takes however few its rows are, in cycles; with more, one for each. */
  private static final double LEAST_CYCLES = 8;

  /** A row of 64 bytes of an operand, some from the first and some from the second cache. */
  private static final double CYCLES_OF_ROW = 0.9;

  /** Storing a register and taking it up again, and starting its sum. */
  private static final double CYCLES_OF_SUM = 40;

  MatrixTile {
    if (rowTiles * columnTiles > MOST_SUMS || height > MOST_ROWS) {
      throw new IllegalArgumentException("no such tile: " + rowTiles + "x" + columnTiles);
    }
  }

  /** All tiles for a result of so many rows and columns whose columns come out even. */
  static List<MatrixTile> fitting(long rows, long columns) {
    List<MatrixTile> tiles = new ArrayList<>();
    for (int rowTiles = 1; rowTiles <= MOST_SUMS; rowTiles++) {
      for (int columnTiles = 1; rowTiles * columnTiles <= MOST_SUMS; columnTiles++) {
        long blocks = Math.ceilDiv(rows, rowTiles * MOST_ROWS);
        long height = Math.ceilDiv(rows, blocks * rowTiles);
        boolean used = height > 1 && rows > (rowTiles - 1) * height;
        if (used && columns % (columnTiles * COLUMNS) == 0) {
          tiles.add(new MatrixTile(rowTiles, columnTiles, height));
        }
      }
    }
    return tiles;
  }

  long rows() {
    return rowTiles * height;
  }

  long columns() {
    return columnTiles * COLUMNS;
  }

  /**
   * Modelled cycles for a result of so many rows and columns, on a core that multiplies a row of a
   * tile in each.
   *
   * @param steps the multiplications that are added up in each register
   */
  double cycles(long rows, long columns, long steps) {
    double multiplying = rowTiles * columnTiles * Math.max(LEAST_CYCLES, height);
    double loading = (rowTiles * height + columnTiles * (double) MOST_ROWS) * CYCLES_OF_ROW;
    double tile = steps * Math.max(multiplying, loading) + rowTiles * columnTiles * CYCLES_OF_SUM;
    return Math.ceilDiv(rows, rows()) * (columns / (double) columns()) * tile;
  }

  /** {@code 2x2x16}: registers by registers, rows of each. */
  @Override
  public String toString() {
    return rowTiles + "x" + columnTiles + "x" + height;
  }
}
