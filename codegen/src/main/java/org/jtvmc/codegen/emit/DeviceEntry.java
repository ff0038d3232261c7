package org.jtvmc.codegen.emit;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.loop.ThreadTag;

/**
 * One function that a GPU's grid runs.
 *
 * @param parameters global memory that the body reads or writes, in order
 * @param written those of the parameters that it writes
 * @param maps further parameters: what the device has to know to copy boxes of them
 * @param extents of the grid and of a block; 1 for what is missing
 */
public record DeviceEntry(
    String name,
    List<Buffer> parameters,
    Set<Buffer> written,
    List<TileMap> maps,
    Map<ThreadTag, Integer> extents,
    Stmt body) {
  public DeviceEntry {
    parameters = List.copyOf(parameters);
    written = Set.copyOf(written);
    maps = List.copyOf(maps);
    extents = Map.copyOf(extents);
  }

  /** The threads of a block. */
  public int threads() {
    return threads(extents);
  }

  /** The extent of the launch in one direction. */
  public int extent(ThreadTag tag) {
    return extents.getOrDefault(tag, 1);
  }

  /**
   * How many blocks and threads a launch has in each direction that its loops name.
   *
   * @throws CodegenException where such a loop has no constant extent
   */
  public static Map<ThreadTag, Integer> extents(Stmt nest) {
    Map<ThreadTag, Integer> extents = new EnumMap<>(ThreadTag.class);
    Stmts.forEach(
        nest,
        stmt -> {
          if (stmt instanceof Stmt.For loop && loop.tag().isPresent()) {
            extents.merge(loop.tag().get(), extent(loop), Math::max);
          }
        });
    return extents;
  }

  private static int extent(Stmt.For loop) {
    if (loop.extent() instanceof IntImm extent && extent.value() <= Integer.MAX_VALUE) {
      return Math.max(1, (int) extent.value());
    }
    throw new CodegenException(
        "loop " + loop.var() + " is bound to threads and has no constant extent: " + loop.extent());
  }

  /** The threads of a block with these extents. */
  static int threads(Map<ThreadTag, Integer> extents) {
    return extents.getOrDefault(ThreadTag.THREAD_X, 1)
        * extents.getOrDefault(ThreadTag.THREAD_Y, 1)
        * extents.getOrDefault(ThreadTag.THREAD_Z, 1);
  }
}
