package org.jtvmc.tuner.measure;

import org.jtvmc.ir.type.TensorType;

/**
 * An input of a task, as far as measuring needs to know it.
 *
 * @param type static
 * @param limit its values stay below this, because they are used as indices; {@link Long#MAX_VALUE}
 *     where they are not
 */
public record InputSpec(TensorType type, long limit) {}
