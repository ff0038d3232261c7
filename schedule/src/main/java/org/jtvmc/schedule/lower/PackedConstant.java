package org.jtvmc.schedule.lower;

import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.te.Tensor;

/**
 * A constant input that the kernel takes in another order of its elements.
 *
 * @param original the placeholder whose contents are rewritten
 * @param packed the kernel's input in its place
 * @param packing makes {@code packed}'s contents (its output) from the original's (its input); run
 *     once, when the model is compiled
 */
public record PackedConstant(Tensor original, Buffer packed, PrimFunc packing) {}
