package org.jtvmc.ir.loop;

/** How the iterations of a loop are carried out; the result is the same for all. */
public enum ForKind {
  SERIAL,
  /** Divided among the threads of the pool; iterations are independent. */
  PARALLEL,
  /** The iterations are the lanes of vector instructions; the extent is a constant. */
  VECTORIZED,
  /** The body is repeated; the extent is a constant. */
  UNROLLED,
  /** One iteration per GPU block or thread: see {@link ThreadTag}. */
  THREAD
}
