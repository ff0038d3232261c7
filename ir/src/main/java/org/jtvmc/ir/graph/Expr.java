package org.jtvmc.ir.graph;

import org.jtvmc.ir.type.Type;

/**
 * A node of the dataflow graph. Nodes are immutable, typed from the moment they are made, and equal
 * only to themselves: sharing a node is sharing its value. Structural equality is {@code
 * StructuralEquality}'s.
 */
public sealed interface Expr permits Var, Constant, Call, Tuple, TupleGetItem, If, Let {

  Type type();
}
