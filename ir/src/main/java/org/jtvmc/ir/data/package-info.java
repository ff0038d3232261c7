/** Contents of tensors. */
package org.jtvmc.ir.data;
