package org.jtvmc.codegen.library;

import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The features of a processor that kernels are made of: vector and integer arithmetic. A machine
 * without some of the others (system instructions, random numbers, cryptography), which a virtual
 * machine may hide, runs the code just as well.
 */
final class InstructionSets {

  private static final Pattern USED =
      Pattern.compile(
          "s?sse.*|avx.*|evex512|fma4?|f16c|bmi2?|lzcnt|popcnt|movbe|gfni|tbm|xop|amx-.*");

  private InstructionSets() {}

  /** Those of the features that code for kernels may use. */
  static SortedSet<String> usedByKernels(SortedSet<String> features) {
    var used = new TreeSet<>(features);
    used.removeIf(feature -> !USED.matcher(feature).matches());
    return used;
  }
}
