package org.jtvmc.codegen.load;

/** What native calls through method handles have in common. */
final class Downcalls {

  private Downcalls() {}

  /** A call of a native function throws nothing of its own. */
  static RuntimeException unexpected(Throwable thrown) {
    return switch (thrown) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      case Throwable e -> new IllegalStateException("a native call failed", e);
    };
  }
}
