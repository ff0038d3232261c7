/** GPU code without a GPU: run by the CPU, and assembled by the CUDA toolkit. */
package org.jtvmc.tests.device;
