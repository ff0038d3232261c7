package org.jtvmc.ir.graph;

import org.jtvmc.ir.type.Type;

/**
 * A function of the module, by name.
 *
 * @param resultType the type of what it returns
 */
public record GlobalVar(String name, Type resultType) implements Callee {}
