/** Compiled kernels of scheduled computations against their plain evaluation. */
package org.jtvmc.tests.kernels;
