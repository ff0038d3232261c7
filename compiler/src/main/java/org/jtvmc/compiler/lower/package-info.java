/** From the graph to what is scheduled: fused functions as tensor expressions, calls as kernels. */
package org.jtvmc.compiler.lower;
