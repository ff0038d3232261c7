/**
 * Loop IR to LLVM IR.
 *
 * <p>{@link org.jtvmc.codegen.emit.KernelEmitter} is the way in. A loop nest is walked once; a
 * vectorised loop is emitted as register-sized pieces, an unrolled loop as copies. {@link
 * org.jtvmc.codegen.emit.Affine} says how an index moves with the lane, and so which instruction
 * reads or writes memory; {@link org.jtvmc.codegen.emit.RegisterSlots} says which local buffers
 * live in registers.
 */
package org.jtvmc.codegen.emit;
