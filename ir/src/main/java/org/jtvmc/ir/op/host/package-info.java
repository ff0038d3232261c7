/**
 * Operators that functions of the native runtime compute: what there is of their results, and in
 * which order, depends on what their arguments hold.
 */
package org.jtvmc.ir.op.host;
