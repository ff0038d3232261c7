/** Operators of neural networks: convolutions, products, pooling, normalisation, activations. */
package org.jtvmc.ir.op.nn;
