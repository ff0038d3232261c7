/** Comparing a compiled model's results with those of another implementation. */
package org.jtvmc.compiler.verify;
