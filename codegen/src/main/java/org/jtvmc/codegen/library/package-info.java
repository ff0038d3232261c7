/**
 * Model libraries: from a {@link org.jtvmc.codegen.library.ModelDescription} and the kernels'
 * object files to {@code lib<name>.so} and {@code <name>.h}.
 */
package org.jtvmc.codegen.library;
