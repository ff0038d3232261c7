package org.jtvmc.codegen.load;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * What happens in a network before a kernel is called, done before each sample of its time: other
 * kernels push its weights out of the second cache, and write what it reads, each thread a share of
 * the rows.
 *
 * @param stream memory to read, shared out among the threads; several times their second caches
 * @param written memory to write, which keeps its contents
 */
public record Surroundings(MemorySegment stream, List<MemorySegment> written) {

  public Surroundings {
    written = List.copyOf(written);
  }

  /** The native structure. */
  MemorySegment in(Arena arena) {
    MemorySegment starts = arena.allocate(ADDRESS, Math.max(1, written.size()));
    MemorySegment bytes = arena.allocate(JAVA_LONG, Math.max(1, written.size()));
    for (int i = 0; i < written.size(); i++) {
      starts.setAtIndex(ADDRESS, i, written.get(i));
      bytes.setAtIndex(JAVA_LONG, i, written.get(i).byteSize());
    }
    MemorySegment structure = arena.allocate(ADDRESS, 5);
    structure.setAtIndex(ADDRESS, 0, stream);
    structure.setAtIndex(JAVA_LONG, 1, stream.byteSize());
    structure.setAtIndex(ADDRESS, 2, starts);
    structure.setAtIndex(ADDRESS, 3, bytes);
    structure.setAtIndex(JAVA_LONG, 4, written.size());
    return structure;
  }
}
