/** Operators that move, select or make elements without computing on them. */
package org.jtvmc.ir.op.tensor;
