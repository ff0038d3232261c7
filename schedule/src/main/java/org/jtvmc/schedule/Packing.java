package org.jtvmc.schedule;

import java.util.Optional;
import org.jtvmc.ir.te.Tensor;

/**
 * A copy of {@code tensor} for one reader, in the order in which the reader's loops read it.
 *
 * @param id the copy's name
 * @param reader the stage that reads the copy
 * @param at the loop inside which the copy is made; empty where it is made whole, before the
 *     reader, or, for a constant, when the model is compiled
 */
public record Packing(Tensor tensor, String id, String reader, Optional<Attachment.At> at) {}
