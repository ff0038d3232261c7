/** From a schedule to loop IR: regions of tensors, loop nests, packed operands. */
package org.jtvmc.schedule.lower;
