package org.jtvmc.codegen.driver;

/** A call of the CUDA driver failed; the message is one sentence for a person. */
public final class CudaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final int ASSERT = 710;
  private static final int FIRST_FAULT = 700;
  private static final int LAST_FAULT = 720;

  private final int code;

  /**
   * @param code the driver's {@code CUresult}
   */
  CudaException(int code, String message) {
    super(message);
    this.code = code;
  }

  /** The driver's {@code CUresult}. */
  public int code() {
    return code;
  }

  /**
   * True where a kernel faulted (an illegal address, say): nothing works in this process's context
   * any more, and a new process is needed.
   */
  public boolean poisonsContext() {
    return switch (code) {
      // Of the 700s, those that say that a launch was refused before anything ran.
      case 701, 703, 704, 705, 708, 709, 711, 712, 713, 720 -> false;
      case ASSERT -> true;
      default -> code >= FIRST_FAULT && code < LAST_FAULT;
    };
  }
}
