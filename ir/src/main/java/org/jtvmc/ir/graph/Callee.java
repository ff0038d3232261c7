package org.jtvmc.ir.graph;

/** What a {@link Call} calls. */
public sealed interface Callee permits Operator, Function, GlobalVar {}
