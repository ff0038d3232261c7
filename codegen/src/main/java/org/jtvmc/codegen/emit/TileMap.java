package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.cuda.TensorBox;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.PixelBox;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;

/**
 * What a device has to know to copy boxes of a tensor, or pixels that it counts through, by itself:
 * a parameter of an entry, made for the tensor's address when it is launched.
 *
 * @param source in global memory
 * @param box what is copied
 */
public record TileMap(Buffer source, TensorBox box) {
  /** The size of such a parameter, and what its place is a multiple of. */
  public static final int BYTES = 128;

  public static final int ALIGNMENT = 64;

  /** The map that a copy needs: of the last dimension a line of swizzled memory at a time. */
  static TileMap of(Effect.StartTile tile) {
    Buffer source = tile.source().buffer();
    List<Long> box = new ArrayList<>(tile.extents());
    box.set(box.size() - 1, (long) Buffer.LINE_BYTES / source.dtype().bytes());
    return new TileMap(
        source,
        new TensorBox(
            source.dtype().bytes(), sizes(source), strides(source), box, Optional.empty()));
  }

  /**
   * The map that a copy of pixels needs. A device counts images in a dimension of their own: where
   * the source has none, there is one image.
   */
  static TileMap of(Effect.StartPixels pixels) {
    Buffer source = pixels.source().buffer();
    PixelBox box = pixels.box();
    List<Long> sizes = sizes(source);
    List<Long> strides = strides(source);
    int first = hasImages(pixels) ? 1 : 0;
    if (first == 0) {
      strides.addFirst(sizes.getFirst() * strides.getFirst());
      sizes.addFirst(1L);
    }
    List<Long> upper = new ArrayList<>();
    for (int dim = first; dim < box.lower().size(); dim++) {
      upper.add(box.upper(dim, size(source, dim)));
    }
    TensorBox.Window window =
        new TensorBox.Window(
            box.lower().subList(first, box.lower().size()),
            upper,
            box.steps().subList(first, box.steps().size()));
    return new TileMap(
        source,
        new TensorBox(
            source.dtype().bytes(),
            sizes,
            strides,
            List.of(box.pixels(), box.channels()),
            Optional.of(window)));
  }

  /** True where the first dimension of the source counts images. */
  static boolean hasImages(Effect.StartPixels pixels) {
    return pixels.box().hasImages(pixels.source().buffer(), pixels.offsets().getFirst());
  }

  /** The maps that all copies inside of a statement need, in order. */
  public static List<TileMap> in(Stmt stmt) {
    List<TileMap> maps = new ArrayList<>();
    Stmts.forEach(
        stmt,
        inner -> {
          Optional<TileMap> map = Optional.empty();
          if (inner instanceof Stmt.Evaluate(Effect.StartTile tile)) {
            map = Optional.of(of(tile));
          } else if (inner instanceof Stmt.Evaluate(Effect.StartPixels pixels)) {
            map = Optional.of(of(pixels));
          }
          map.filter(found -> !maps.contains(found)).ifPresent(maps::add);
        });
    return maps;
  }

  private static long size(Buffer source, int dim) {
    return known(source.shape().get(dim));
  }

  private static long known(PrimExpr size) {
    return ((IntImm) size).value();
  }

  /** In elements, outermost first. */
  private static List<Long> sizes(Buffer source) {
    return new ArrayList<>(source.shape().stream().map(TileMap::known).toList());
  }

  /** How far neighbours along each dimension but the last are apart, in bytes. */
  private static List<Long> strides(Buffer source) {
    List<Long> strides = new ArrayList<>();
    for (PrimExpr stride : source.strides().subList(0, source.rank() - 1)) {
      strides.add(known(stride) * source.dtype().bytes());
    }
    return strides;
  }
}
