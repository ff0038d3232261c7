/** The passes on the graph IR, one file each, and the list in which they run. */
package org.jtvmc.compiler.passes;
