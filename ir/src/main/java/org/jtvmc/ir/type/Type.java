package org.jtvmc.ir.type;

/** The type of an expression of the graph IR. */
public sealed interface Type permits TensorType, TupleType {}
