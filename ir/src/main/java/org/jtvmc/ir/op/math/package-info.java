/** Arithmetic on single elements: elementwise and broadcasting operators. */
package org.jtvmc.ir.op.math;
