/**
 * From loop IR to machine code: LLVM emission, linking, the native runtime, loading and calling.
 */
package org.jtvmc.codegen;
