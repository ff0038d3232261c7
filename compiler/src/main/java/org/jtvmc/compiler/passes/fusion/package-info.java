/** Operator fusion: which calls become one kernel. */
package org.jtvmc.compiler.passes.fusion;
