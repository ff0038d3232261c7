/** The pipeline from model to artifact, and the {@code jtvmc} command line. */
package org.jtvmc.compiler;
