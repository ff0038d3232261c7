/**
 * The CUDA driver, {@code libcuda.so.1}, called through {@code java.lang.foreign}. It is loaded
 * when {@link org.jtvmc.codegen.driver.CudaDriver} is opened and never before, so that a machine
 * without one misses nothing.
 */
package org.jtvmc.codegen.driver;
