package org.jtvmc.tests.device;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.cuda.Launch;
import org.jtvmc.codegen.cuda.TensorBox;
import org.jtvmc.codegen.emit.TileMap;
import org.jtvmc.codegen.link.LlvmTools;
import org.jtvmc.codegen.llvm.Jit;

/** The code of a kernel in this process, on the stand-in for a GPU's threads. */
public final class DeviceThreads implements AutoCloseable {
  private static final Path SOURCE = Path.of("src/test/c/device_threads.c");
  private static final int WRITE = 1;
  private static final int SHARED = 2;

  private final Jit jit = new Jit();
  private final HostCode code;
  private final MethodHandle addArray;
  private final MethodHandle forgetArrays;
  private final MethodHandle launch;
  private final MethodHandle blocksRun;
  private final MethodHandle copyWritten;
  private final MethodHandle bankConflicts;
  private final MethodHandle sharedConflicts;
  private final MethodHandle encodeMap;
  private final MethodHandle encodePixels;

  /**
   * @param runtime what {@link #build} made
   */
  DeviceThreads(byte[] runtime, HostCode code) {
    this.code = code;
    jit.addObject(runtime);
    jit.addObject(code.object());
    addArray =
        function(
            "add_array", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT));
    forgetArrays = function("forget_arrays", FunctionDescriptor.ofVoid());
    bankConflicts = function("bank_conflicts", FunctionDescriptor.of(JAVA_LONG));
    sharedConflicts = function("shared_conflicts", FunctionDescriptor.of(JAVA_LONG));
    encodeMap =
        function(
            "encode_map",
            FunctionDescriptor.of(
                JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS));
    encodePixels =
        function(
            "encode_pixels",
            FunctionDescriptor.of(
                JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS,
                ADDRESS, ADDRESS, ADDRESS));
    launch =
        function(
            "launch",
            FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG));
    blocksRun = function("blocks_run", FunctionDescriptor.of(JAVA_INT));
    copyWritten = function("copy_written", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));
  }

  /**
   * A map of a tensor as the driver would make it, for a launch.
   *
   * @param arena for as long as the launch runs
   */
  MemorySegment encode(TensorBox box, MemorySegment tensor, Arena arena) {
    MemorySegment map = arena.allocate(TileMap.BYTES, TileMap.ALIGNMENT);
    try (Arena call = Arena.ofConfined()) {
      int rank = box.sizes().size();
      MemorySegment sizes = longs(box.sizes(), call);
      MemorySegment strides = longs(box.strides(), call);
      MemorySegment copied = ints(box.box(), call);
      int refused;
      if (box.window().isEmpty()) {
        refused =
            (int)
                encodeMap.invokeExact(
                    map, box.type(), rank, tensor.address(), sizes, strides, copied);
      } else {
        TensorBox.Window window = box.window().get();
        refused =
            (int)
                encodePixels.invokeExact(
                    map,
                    box.type(),
                    rank,
                    tensor.address(),
                    sizes,
                    strides,
                    ints(window.lower(), call),
                    ints(window.upper(), call),
                    copied,
                    ints(box.stepsOfAll(), call));
      }
      if (refused != 0) {
        throw new AssertionError("the driver would refuse " + box);
      }
      return map;
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  private static MemorySegment longs(List<Long> values, Arena arena) {
    return arena.allocateFrom(
        JAVA_LONG, values.reversed().stream().mapToLong(Long::longValue).toArray());
  }

  private static MemorySegment ints(List<Long> values, Arena arena) {
    return arena.allocateFrom(
        JAVA_INT, values.reversed().stream().mapToInt(Math::toIntExact).toArray());
  }

  private MethodHandle function(String name, FunctionDescriptor type) {
    return Linker.nativeLinker().downcallHandle(jit.lookup(name), type);
  }

  /** Compiles the stand-in with the compiler that this project brings along. */
  public static byte[] build() {
    try {
      Path object = Files.createTempFile("device_threads", ".o");
      try {
        LlvmTools.open()
            .clang(
                List.of(
                    "-std=gnu11",
                    "-O2",
                    "-fPIC",
                    "-fno-builtin",
                    "-fcf-protection=none",
                    "-Wall",
                    "-Wextra",
                    "-Werror",
                    "-c",
                    SOURCE.toString(),
                    "-o",
                    object.toString()));
        return Files.readAllBytes(object);
      } finally {
        Files.deleteIfExists(object);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * An argument of a launch.
   *
   * @param written true where the launch may write it
   */
  record Argument(MemorySegment memory, boolean written) {}

  /**
   * What ran of a launch.
   *
   * @param blocks how many of its blocks
   * @param written for each argument that may be written which of its elements were, in pieces of
   *     {@code bytes} bytes; empty where the whole grid ran
   */
  record Ran(int blocks, int bytes, Map<MemorySegment, BitSet> written) {}

  /**
   * Runs a launch.
   *
   * @param seed decides the order of the threads
   * @param mostAccesses no more blocks are begun after so many accesses of memory
   * @throws AssertionError where the code does what it must not
   */
  Ran run(Launch launched, List<Argument> arguments, long seed, long mostAccesses) {
    try (Arena arena = Arena.ofConfined()) {
      code.shared()
          .forEach(
              (name, bytes) ->
                  add(jit.lookup(name), bytes, code.leastAccess().shared(), SHARED | WRITE));
      MemorySegment pointers = arena.allocate(ADDRESS, Math.max(1, arguments.size()));
      for (int i = 0; i < arguments.size(); i++) {
        MemorySegment memory = arguments.get(i).memory();
        int flags = arguments.get(i).written() ? WRITE : 0;
        add(memory, memory.byteSize(), code.leastAccess().global(), flags);
        pointers.setAtIndex(ADDRESS, i, memory);
      }
      MemorySegment extents =
          arena.allocateFrom(
              JAVA_INT,
              launched.grid().x(),
              launched.grid().y(),
              launched.grid().z(),
              launched.block().x(),
              launched.block().y(),
              launched.block().z());
      MemorySegment fault =
          (MemorySegment)
              launch.invokeExact(
                  jit.lookup("call_" + launched.entry()), pointers, extents, seed, mostAccesses);
      String text = fault.reinterpret(Integer.MAX_VALUE).getString(0);
      int blocks = (int) blocksRun.invokeExact();
      Map<MemorySegment, BitSet> written = new HashMap<>();
      if (blocks < launched.grid().count()) {
        for (Argument argument : arguments) {
          if (argument.written()) {
            written.put(argument.memory(), written(argument.memory()));
          }
        }
      }
      forgetArrays.invokeExact();
      if (!text.isEmpty()) {
        throw new AssertionError(launched.entry() + ": " + text);
      }
      return new Ran(blocks, code.leastAccess().global(), written);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  private BitSet written(MemorySegment memory) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      long elements = memory.byteSize() / code.leastAccess().global();
      MemorySegment flags = arena.allocate(Math.max(1, elements));
      copyWritten.invokeExact(memory, flags);
      BitSet written = new BitSet();
      for (int i = 0; i < elements; i++) {
        written.set(i, flags.get(JAVA_BYTE, i) != 0);
      }
      return written;
    }
  }

  /** How often rows that {@code ldmatrix} loads at once lay in the same banks of shared memory. */
  long bankConflicts() {
    return counted(bankConflicts);
  }

  /**
   * How many turns the accesses of shared memory took more than they had to, since threads of a
   * warp wanted different words of one bank: loads, stores and asynchronous copies of the first two
   * blocks of each launch, but not those of {@code ldmatrix}.
   */
  long sharedConflicts() {
    return counted(sharedConflicts);
  }

  private static long counted(MethodHandle count) {
    try {
      return (long) count.invokeExact();
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  private void add(MemorySegment memory, long bytes, int elementBytes, int flags) {
    try {
      if ((int) addArray.invokeExact(memory, bytes, elementBytes, flags) != 0) {
        throw new AssertionError("too many arrays, or no memory");
      }
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  private static RuntimeException rethrown(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException known ? known : new IllegalStateException(e);
  }

  @Override
  public void close() {
    jit.close();
  }
}
