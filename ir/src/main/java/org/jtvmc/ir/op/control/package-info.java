/**
 * Steps that decide how a run goes on: sizes that kernels compute, conditions, loops, sequences.
 * Functions of the native runtime, as those of {@link org.jtvmc.ir.op.host}, that see the run's
 * context. A value whose size only the run knows goes between them as its <em>description</em>: an
 * {@code int64} vector of a handle and, behind it, the sizes; a sequence as a handle alone.
 */
package org.jtvmc.ir.op.control;
