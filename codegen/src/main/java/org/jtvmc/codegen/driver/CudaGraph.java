package org.jtvmc.codegen.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Work that is put into a stream as a whole, at the cost of one launch. */
public final class CudaGraph implements AutoCloseable {

  /** CU_STREAM_CAPTURE_MODE_RELAXED: other threads may do what they like meanwhile. */
  private static final int RELAXED = 2;

  private final DriverLibrary library;
  private final MemorySegment executable;
  private final MethodHandle launch;

  /** Captures what {@code work} puts into the stream. */
  CudaGraph(DriverLibrary library, CudaStream stream, Runnable work) {
    this.library = library;
    launch = library.function("cuGraphLaunch", ADDRESS, ADDRESS);
    try (Arena arena = Arena.ofConfined()) {
      library.check(
          (int)
              library
                  .function("cuStreamBeginCapture_v2", ADDRESS, JAVA_INT)
                  .invokeExact(stream.handle(), RELAXED),
          "work cannot be captured");
      MemorySegment graph = arena.allocate(ADDRESS);
      int ended;
      try {
        work.run();
      } finally {
        ended =
            (int)
                library
                    .function("cuStreamEndCapture", ADDRESS, ADDRESS)
                    .invokeExact(stream.handle(), graph);
      }
      library.check(ended, "work cannot be captured");
      MemorySegment made = arena.allocate(ADDRESS);
      int instantiated =
          (int)
              library
                  .function("cuGraphInstantiateWithFlags", ADDRESS, ADDRESS, JAVA_LONG)
                  .invokeExact(made, graph.get(ADDRESS, 0), 0L);
      int destroyed =
          (int) library.function("cuGraphDestroy", ADDRESS).invokeExact(graph.get(ADDRESS, 0));
      library.check(instantiated, "captured work cannot be prepared");
      library.check(destroyed, "captured work cannot be released");
      executable = made.get(ADDRESS, 0);
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  /** Puts the work into a stream. */
  public void launch(CudaStream stream) {
    try {
      library.check(
          (int) launch.invokeExact(executable, stream.handle()), "a graph cannot be launched");
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }

  @Override
  public void close() {
    try {
      int code = (int) library.function("cuGraphExecDestroy", ADDRESS).invokeExact(executable);
      assert code >= 0;
    } catch (Throwable e) {
      throw DriverLibrary.unexpected(e);
    }
  }
}
