/** The text form of the graph IR: it prints readably and parses back to an equal module. */
package org.jtvmc.ir.text;
