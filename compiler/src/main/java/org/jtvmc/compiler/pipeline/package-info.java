/** From a model to the parts of a library: the one way in which kernels are made. */
package org.jtvmc.compiler.pipeline;
