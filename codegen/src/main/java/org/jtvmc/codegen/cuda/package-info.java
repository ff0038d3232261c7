/** Kernels for GPUs of the CUDA family: from loop IR to PTX and the launches that run it. */
package org.jtvmc.codegen.cuda;
