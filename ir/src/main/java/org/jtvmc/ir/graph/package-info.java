/** The graph IR: a model as calls of operators on tensors. */
package org.jtvmc.ir.graph;
