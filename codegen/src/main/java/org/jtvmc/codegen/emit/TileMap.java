package org.jtvmc.codegen.emit;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;

/**
 * What a device has to know to copy boxes of a tensor by itself: a parameter of an entry, made for
 * the tensor's address when it is launched.
 *
 * @param source in global memory
 * @param box the elements of a copy along each dimension of the source: of the last as many as a
 *     line of swizzled memory has
 */
public record TileMap(Buffer source, List<Long> box) {
  /** The size of such a parameter, and what its place is a multiple of. */
  public static final int BYTES = 128;

  public static final int ALIGNMENT = 64;

  public TileMap {
    box = List.copyOf(box);
  }

  /** The map that a copy needs. */
  static TileMap of(Effect.StartTile tile) {
    Buffer source = tile.source().buffer();
    List<Long> box = new ArrayList<>(tile.extents());
    box.set(box.size() - 1, (long) Buffer.LINE_BYTES / source.dtype().bytes());
    return new TileMap(source, box);
  }

  /** The maps that all copies inside of a statement need, in order. */
  public static List<TileMap> in(Stmt stmt) {
    List<TileMap> maps = new ArrayList<>();
    Stmts.forEach(
        stmt,
        inner -> {
          if (inner instanceof Stmt.Evaluate(Effect.StartTile tile) && !maps.contains(of(tile))) {
            maps.add(of(tile));
          }
        });
    return maps;
  }

  /** The sizes of the source, in elements, outermost first. */
  public List<Long> sizes() {
    return source.shape().stream().map(size -> ((IntImm) size).value()).toList();
  }

  /** How far neighbours along each dimension but the last are apart, in bytes, outermost first. */
  public List<Long> strides() {
    Stream<Long> elements = source.strides().stream().map(stride -> ((IntImm) stride).value());
    return elements
        .limit(source.rank() - 1L)
        .map(stride -> stride * source.dtype().bytes())
        .toList();
  }
}
