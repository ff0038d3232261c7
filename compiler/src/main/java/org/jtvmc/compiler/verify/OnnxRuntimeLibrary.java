package org.jtvmc.compiler.verify;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** ONNX Runtime's native library, as one of several programs on a machine should have it. */
final class OnnxRuntimeLibrary {

  private static final String SWITCH = "ORT_DISABLE_TELEMETRY";
  private static final String UNPACKED = "onnxruntime-java";
  private static final String LIBRARY = "libonnxruntime.so";

  private OnnxRuntimeLibrary() {}

  /** Loads the library where it is not loaded yet. */
  static OrtEnvironment environment() {
    reportNothing();
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    removeUnpacked();
    return environment;
  }

  /**
   * Unless it is told otherwise, the library reports its use to its makers, from threads that run
   * beside the measurements, and leaves files in the folder for temporary ones. Whoever wants that
   * sets the variable to 0.
   */
  private static void reportNothing() {
    if (System.getenv(SWITCH) != null) {
      return;
    }
    Linker linker = Linker.nativeLinker();
    FunctionDescriptor type =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    try (Arena arena = Arena.ofConfined()) {
      int failed =
          (int)
              linker
                  .downcallHandle(linker.defaultLookup().findOrThrow("setenv"), type)
                  .invokeExact(arena.allocateFrom(SWITCH), arena.allocateFrom("1"), 0);
      assert failed == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("setenv failed", e);
    }
  }

  /**
   * The Java part unpacks the library to a folder and has the JVM delete first the folder, at its
   * end, and then what is in it, so that the folder stays. What is loaded needs no file any more.
   */
  private static void removeUnpacked() {
    unpacked()
        .ifPresent(
            folder -> {
              try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                  Files.deleteIfExists(file);
                }
                Files.deleteIfExists(folder);
              } catch (IOException e) {
                throw new UncheckedIOException("cannot remove " + folder, e);
              }
            });
  }

  private static Optional<Path> unpacked() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines
          .filter(line -> line.endsWith("/" + LIBRARY))
          .map(line -> Path.of(line.substring(line.indexOf('/'))).getParent())
          .filter(folder -> folder.getFileName().toString().startsWith(UNPACKED))
          .findFirst();
    } catch (IOException e) {
      throw new UncheckedIOException("what is loaded cannot be read", e);
    }
  }
}
