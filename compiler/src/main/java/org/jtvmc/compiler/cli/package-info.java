/** The {@code jtvmc} command line: one class for each verb. */
package org.jtvmc.compiler.cli;
