/** From loop IR to the object file of one or more kernels. */
package org.jtvmc.codegen.kernel;
