package org.jtvmc.ir.pass;

/**
 * Something that always holds of an IR after some passes and that others count on, such as "types
 * checked". Equal by name.
 */
public record Invariant(String name) {
  @Override
  public String toString() {
    return name;
  }
}
