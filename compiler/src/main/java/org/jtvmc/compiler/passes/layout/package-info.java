/** In which order of dimensions each image of a graph lies in memory. */
package org.jtvmc.compiler.passes.layout;
