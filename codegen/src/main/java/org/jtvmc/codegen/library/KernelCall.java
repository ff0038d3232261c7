package org.jtvmc.codegen.library;

import java.util.List;

/**
 * One step of a model.
 *
 * @param kernel the kernel's symbol
 * @param buffers the places of its inputs, then of its outputs
 */
public record KernelCall(String kernel, List<Place> buffers) {

  public KernelCall {
    buffers = List.copyOf(buffers);
  }
}
