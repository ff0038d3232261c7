/** Reductions and scans along axes. */
package org.jtvmc.ir.op.reduce;
