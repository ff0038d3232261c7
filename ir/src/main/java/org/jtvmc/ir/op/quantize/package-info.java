/** Conversion between real values and their quantized form. */
package org.jtvmc.ir.op.quantize;
