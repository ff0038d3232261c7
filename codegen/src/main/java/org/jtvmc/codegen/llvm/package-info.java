/**
 * LLVM as this project uses it: contexts, modules, target machines and the JIT as {@link
 * java.lang.AutoCloseable}s over LLVM's C API, with its errors as {@link
 * org.jtvmc.codegen.CodegenException}s.
 *
 * <p>Contexts, modules and target machines belong to one thread at a time. One job uses one {@link
 * org.jtvmc.codegen.llvm.LlvmContext} and closes it in a {@code try}.
 */
package org.jtvmc.codegen.llvm;
