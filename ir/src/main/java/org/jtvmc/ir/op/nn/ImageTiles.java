package org.jtvmc.ir.op.nn;

import java.util.List;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.op.Axes;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.type.TensorType;

/**
 * The results of a convolution of images, channels last, by square tiles; the last ones reach
 * beyond the image. Tiles are numbered through: images, rows of tiles, columns of tiles.
 *
 * @param size rows, and columns, of a tile
 * @param down tiles from an image's top to its bottom
 * @param across tiles from its left to its right
 */
record ImageTiles(long size, long down, long across) {

  static ImageTiles of(long size, TensorType result) {
    List<Long> sizes = ImageLayout.CHANNELS_LAST.spatial(result.sizes());
    return new ImageTiles(size, Math.ceilDiv(sizes.get(0), size), Math.ceilDiv(sizes.get(1), size));
  }

  long perImage() {
    return down * across;
  }

  /**
   * The data with zeros around it, as far as tiles read.
   *
   * @param read rows, and columns, of the data that one tile reads
   */
  Tensor padded(Tensor data, Window window, long read) {
    List<Axis> axes = Axes.of(data.shape());
    List<Long> begin = window.padBegin();
    long height = axes.get(1).size() + begin.get(0);
    long width = axes.get(2).size() + begin.get(1);
    List<Long> end =
        List.of(
            Math.max(window.padEnd().get(0), (down - 1) * size + read - height),
            Math.max(window.padEnd().get(1), (across - 1) * size + read - width));
    Window covering = new Window(window.kernel(), window.strides(), begin, end, window.dilation());
    return Padding.ofWindow(
        data,
        covering,
        ImageLayout.CHANNELS_LAST,
        IntImm.of(data.dtype(), 0),
        List.of("n", "h", "w", "ci"));
  }

  PrimExpr image(PrimExpr tile) {
    return tile.floorDiv(perImage());
  }

  /** The first row of a tile. */
  PrimExpr top(PrimExpr tile) {
    return tile.floorDiv(across).floorMod(down).times(size);
  }

  /** The first column of a tile. */
  PrimExpr left(PrimExpr tile) {
    return tile.floorMod(across).times(size);
  }

  /** The number of the tile that a result is in. */
  PrimExpr tile(PrimExpr image, PrimExpr row, PrimExpr column) {
    return image.times(down).plus(row.floorDiv(size)).times(across).plus(column.floorDiv(size));
  }
}
