package org.jtvmc.compiler.dataset;

/**
 * A model of one operator or a few that fuse.
 *
 * @param family the kind of operator, of which there are many shapes
 * @param module the model in the text form of the graph IR
 */
public record Workload(String family, String module) {}
