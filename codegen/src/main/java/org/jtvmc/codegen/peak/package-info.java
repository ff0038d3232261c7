/** What this machine can do at best, measured: multiply-adds, memory, the thread pool. */
package org.jtvmc.codegen.peak;
