/** Tensor expressions: what is computed, with no order and no storage. */
package org.jtvmc.ir.te;
