package org.jtvmc.schedule;

/** Where a stage is computed. */
public sealed interface Attachment {

  /** Before the stages that read it, whole, into memory of its own. */
  record Root() implements Attachment {}

  /** Nowhere: its expression stands in the place of every read of it. */
  record Inlined() implements Attachment {}

  /**
   * Inside the loop {@code axis} of {@code stage}: as much as that loop's body needs, each time.
   */
  record At(String stage, String axis) implements Attachment {}
}
