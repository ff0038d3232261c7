package org.jtvmc.ir.graph;

/**
 * How an operator may join others in one kernel, in the order of the TVM paper (Chen et al., OSDI
 * 2018, section 3): a later kind is harder to fuse.
 */
public enum FusionKind {
  /** One element from the elements at the same position: add of equal shapes, exp. */
  ELEMENTWISE,
  /** One element from one element of each input, in order, with repetition: bias add. */
  BROADCAST,
  /** One element from one element of each input, at any position: transpose, concat. */
  INJECTIVE,
  /** Combines many elements of an input by a commutative reducer: sum, max. */
  REDUCTION,
  /** Heavy; elementwise consumers can join its output: convolution, matrix product. */
  OUT_ELEMENTWISE_FUSABLE,
  /** Makes or takes apart a tuple. */
  TUPLE,
  /** Never fused: sort. */
  OPAQUE
}
