/** Integer arithmetic on indices: ranges, linear forms, and the simplifier built on them. */
package org.jtvmc.ir.arith;
