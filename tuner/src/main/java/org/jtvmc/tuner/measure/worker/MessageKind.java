package org.jtvmc.tuner.measure.worker;

/** The first byte of a message. */
enum MessageKind {
  /** To the worker: the target; the answer is {@link #READY}. */
  START,
  READY,
  /** To the worker: a task; the answer is {@link #PREPARED}, or {@link #FAILED}. */
  PREPARE,
  PREPARED,
  /** To the worker: a candidate to compile; the answer is {@link #BUILT} or {@link #FAILED}. */
  BUILD,
  BUILT,
  /**
   * To the worker: a candidate to run; the answer is {@link #TIMED}, {@link #FAILED}, or {@link
   * #FORGOTTEN} where the task was dropped in the meantime.
   */
  RUN,
  TIMED,
  FAILED,
  /** A candidate failed in such a way that the process can run no other: it is to be replaced. */
  FAULTED,
  FORGOTTEN
}
