/**
 * Shared libraries from object files, and C compiled at build time, with the {@code lld} and the
 * {@code clang} that the LLVM package brings. Nothing is taken from the machine.
 */
package org.jtvmc.codegen.link;
