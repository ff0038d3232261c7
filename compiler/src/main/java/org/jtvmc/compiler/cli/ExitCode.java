package org.jtvmc.compiler.cli;

/** What the process ends with. */
final class ExitCode {
  static final int DONE = 0;
  static final int INTERNAL_ERROR = 1;
  static final int USAGE = 2;
  static final int MODEL = 3;
  static final int VERIFICATION_FAILED = 4;
  static final int NO_DEVICE = 5;
  static final int INTERRUPTED = 130;

  private ExitCode() {}
}
