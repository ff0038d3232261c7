package org.jtvmc.schedule.space;

import java.util.ArrayList;
import java.util.List;
import org.jtvmc.ir.target.CpuTarget;

/**
 * The part of a reduction's output that is kept in vector registers while the reduction runs.
 *
 * @param rows accumulators in the direction that is not vectorised
 * @param vectors registers side by side in the vectorised direction
 */
public record RegisterTile(int rows, int vectors) {

  /** Most registers side by side: beyond it more rows are always as good. */
  public static final int MOST_VECTORS = 8;

  /** What the second cache of a server core takes for a line, beside the arithmetic. */
  private static final double CYCLES_PER_LINE = 3;

  /** How much longer a line takes that stands alone, in the place of one of a long run. */
  private static final double SHORT_RUN = 3;

  /**
   * How one operand of the reduction depends on the tile.
   *
   * @param byRow each row needs an element of its own
   * @param byLane each lane needs an element of its own
   * @param stride how far apart the elements of neighbouring lanes lie
   * @param newLines the part of what one step of the reduction reads that the first cache does not
   *     have yet: 1/16 where single elements lie side by side along the rows or the reduction, less
   *     than 1 where a window slides over them, else 1
   * @param rowsKept how many rows' lines the first cache keeps from one step to the next: rows that
   *     lie a multiple of its sets apart push each other out
   */
  public record Operand(
      boolean byRow, boolean byLane, long stride, double newLines, long rowsKept) {

    /** An operand whose rows do not get into each other's way. */
    public Operand(boolean byRow, boolean byLane, long stride, double newLines) {
      this(byRow, byLane, stride, newLines, Long.MAX_VALUE);
    }

    /** Modelled loads, in units of one vector load, for a tile of {@code rows x vectors}. */
    double loads(int rows, int vectors) {
      double each = byRow ? rows : 1;
      if (!byLane) {
        return each;
      }
      double perVector = stride == 1 ? 1 : stride >= 2 && stride <= 4 ? stride : 16;
      return each * vectors * perVector;
    }

    /** Shuffles that pick the lanes out of loads of neighbouring elements, for one step. */
    double shuffles(int rows, int vectors) {
      return byLane && stride > 1 && stride <= 4 ? (byRow ? rows : 1) * vectors * stride : 0;
    }

    /** Modelled cycles in which the second cache delivers what is needed anew. */
    double streamed(int rows, int vectors) {
      double units = byLane ? loads(rows, vectors) : byRow ? rows : 0;
      // Short runs from many rows, as a depthwise window reads them, are not foreseen.
      double scattered = byLane && byRow ? 1 + SHORT_RUN / vectors : 1;
      double fresh = byRow && rows > rowsKept ? 1 : newLines;
      return CYCLES_PER_LINE * units * fresh * scattered;
    }
  }

  /** Accumulators that the tile occupies. */
  public int registers() {
    return rows * vectors;
  }

  /**
   * The tiles that leave enough registers for the operands: one vector of the streamed operand for
   * each column, and one for the broadcast one.
   */
  public static List<RegisterTile> fitting(CpuTarget target, long maxRows, long maxVectors) {
    int registers = target.vectorRegisters();
    List<RegisterTile> tiles = new ArrayList<>();
    for (int vectors = 1; vectors <= Math.min(MOST_VECTORS, maxVectors); vectors++) {
      for (int rows = 1; rows <= Math.min(registers, maxRows); rows++) {
        if (rows * vectors + vectors + 1 <= registers) {
          tiles.add(new RegisterTile(rows, vectors));
        }
      }
    }
    return tiles;
  }

  /** The tile of {@link #fitting} that the model of {@link #cycles} takes for the fastest. */
  public static RegisterTile best(
      CpuTarget target, long rowExtent, long laneExtent, int lanes, List<Operand> operands) {
    RegisterTile best = new RegisterTile(1, 1);
    double least = Double.POSITIVE_INFINITY;
    for (RegisterTile tile : fitting(target, rowExtent, Math.ceilDiv(laneExtent, lanes))) {
      double cycles = tile.cycles(rowExtent, laneExtent, lanes, operands);
      if (cycles < least || (cycles == least && tile.registers() > best.registers())) {
        best = tile;
        least = cycles;
      }
    }
    return best;
  }

  /**
   * Modelled cycles for one step of the reduction over {@code rowExtent x laneExtent} outputs, on a
   * core with two multiply-add units and two load ports: per tile the greatest of the arithmetic,
   * the loads, and the latency of the accumulation chain; ragged ends cost whole vectors but no
   * more rows than are there.
   */
  public double cycles(long rowExtent, long laneExtent, int lanes, List<Operand> operands) {
    long width = (long) vectors * lanes;
    long fullColumns = laneExtent / width;
    int tailVectors = (int) Math.ceilDiv(laneExtent % width, (long) lanes);
    long fullRows = rowExtent / rows;
    int tailRows = (int) (rowExtent % rows);
    // A little for the code that ragged ends need.
    double ragged = (tailRows > 0 ? 1.02 : 1) * (tailVectors > 0 ? 1.02 : 1);
    return ragged
        * (fullColumns * fullRows * step(rows, vectors, operands)
            + fullRows * step(rows, tailVectors, operands)
            + fullColumns * step(tailRows, vectors, operands)
            + step(tailRows, tailVectors, operands));
  }

  private static double step(int rows, int vectors, List<Operand> operands) {
    if (rows == 0 || vectors == 0) {
      return 0;
    }
    double arithmetic = rows * vectors;
    double loads = 0;
    double streamed = 0;
    for (Operand operand : operands) {
      loads += operand.loads(rows, vectors) / 2.0;
      // They go through one of the two units that multiply and add.
      arithmetic += operand.shuffles(rows, vectors);
      streamed += operand.streamed(rows, vectors);
    }
    arithmetic /= 2;
    double latency = 4;
    // The loop's own instructions and the imperfect overlap of its steps.
    double overhead = 0.25 + 0.1 * streamed;
    return Math.max(Math.max(arithmetic, loads), Math.max(streamed, latency)) + overhead;
  }

  /** {@code 12x2}: rows by vectors. */
  @Override
  public String toString() {
    return rows + "x" + vectors;
  }
}
