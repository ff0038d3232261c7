/** Latency of a compiled model, alone and in turn with a peer's. */
package org.jtvmc.compiler.bench;
