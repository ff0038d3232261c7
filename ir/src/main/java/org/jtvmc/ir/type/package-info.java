/** Types of tensors and their elements, with sizes that may be symbolic. */
package org.jtvmc.ir.type;
