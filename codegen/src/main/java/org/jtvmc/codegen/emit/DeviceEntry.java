package org.jtvmc.codegen.emit;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Stmt;
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
    return extent(ThreadTag.THREAD_X) * extent(ThreadTag.THREAD_Y) * extent(ThreadTag.THREAD_Z);
  }

  /** The extent of the launch in one direction. */
  public int extent(ThreadTag tag) {
    return extents.getOrDefault(tag, 1);
  }
}
