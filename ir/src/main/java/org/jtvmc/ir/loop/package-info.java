/** Loop IR: a kernel as loops over buffers. */
package org.jtvmc.ir.loop;
