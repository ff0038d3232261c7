package org.jtvmc.tuner.measure;

/**
 * Where one of a kernel's inputs comes from.
 *
 * @param packed true where it is the result of the {@code index}-th packing, false where it is the
 *     {@code index}-th input of the computation as it is
 */
public record Feed(boolean packed, int index) {}
