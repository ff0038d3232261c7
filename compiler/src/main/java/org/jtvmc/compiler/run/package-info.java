/** Running a compiled model: its inputs, its buffers, its results. */
package org.jtvmc.compiler.run;
