package org.jtvmc.codegen.library;

import org.jtvmc.ir.type.TensorType;

/**
 * What a model expects of one tensor.
 *
 * @param name the model's name for it, any text
 * @param type of known sizes
 * @param alignment of its data, in bytes: a power of two
 */
public record TensorInfo(String name, TensorType type, long alignment) {

  public TensorInfo {
    if (!type.isStatic()) {
      throw new IllegalArgumentException(name + " has sizes that are not known: " + type);
    }
    if (Long.bitCount(alignment) != 1) {
      throw new IllegalArgumentException(alignment + " is no power of two");
    }
  }
}
