package org.jtvmc.codegen.library;

import java.nio.file.Path;

/** Where a model's weights are kept. They begin at an address that is a multiple of 4096. */
public sealed interface WeightStorage {

  /** The model has none. */
  record None() implements WeightStorage {}

  /**
   * In the library.
   *
   * @param file whose bytes become a part of it
   */
  record Embedded(Path file) implements WeightStorage {}

  /**
   * In a file that is mapped, and so shared by the processes that use it.
   *
   * @param fileName of a file beside the library
   * @param bytes its size
   */
  record External(String fileName, long bytes) implements WeightStorage {}
}
