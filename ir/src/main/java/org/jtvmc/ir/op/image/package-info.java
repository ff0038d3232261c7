/** Operators on images. */
package org.jtvmc.ir.op.image;
