/**
 * Compiled code called from Java through {@link java.lang.foreign}: kernels in the JIT, and model
 * libraries.
 */
package org.jtvmc.codegen.load;
