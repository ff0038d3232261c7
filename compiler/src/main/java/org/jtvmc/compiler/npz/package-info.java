/** NumPy's files of arrays, read without trust in their contents, and written. */
package org.jtvmc.compiler.npz;
