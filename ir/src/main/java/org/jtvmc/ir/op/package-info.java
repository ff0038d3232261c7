/**
 * The operators of the graph IR: each a type rule, a tensor expression and a fusion kind in one
 * file. {@link org.jtvmc.ir.op.OperatorRegistry} lists them.
 */
package org.jtvmc.ir.op;
