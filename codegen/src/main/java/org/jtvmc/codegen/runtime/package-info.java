/**
 * The native runtime that compiled code runs on: C sources under {@code src/main/c}, compiled to
 * LLVM bitcode when this module is built. Libraries link all of it; the JIT its thread pool.
 */
package org.jtvmc.codegen.runtime;
