package org.jtvmc.codegen.driver;

/**
 * What a GPU is.
 *
 * @param name the maker's
 * @param capability its compute capability: 90 for 9.0
 * @param multiprocessors SMs
 * @param clockMhz the highest clock of the SMs
 * @param memoryClockMhz the highest clock of the memory, which transfers twice in each cycle
 * @param memoryBusBits the width of the memory's bus
 * @param memoryBytes all memory
 * @param l2Bytes the cache that the SMs share
 * @param sharedBytesPerBlock shared memory that a block may ask for, beyond the 48 KiB that it gets
 *     without asking
 * @param sharedBytesPerMultiprocessor shared memory that the blocks on one SM have together
 * @param registersPerMultiprocessor of 32 bits
 * @param threadsPerBlock at most
 * @param threadsPerMultiprocessor at most
 * @param blocksPerMultiprocessor at most
 */
public record DeviceProperties(
    String name,
    int capability,
    int multiprocessors,
    int clockMhz,
    int memoryClockMhz,
    int memoryBusBits,
    long memoryBytes,
    long l2Bytes,
    int sharedBytesPerBlock,
    int sharedBytesPerMultiprocessor,
    int registersPerMultiprocessor,
    int threadsPerBlock,
    int threadsPerMultiprocessor,
    int blocksPerMultiprocessor) {

  /** The memory's highest rate in bytes a second; 0 where the driver does not tell the clock. */
  public double memoryBytesPerSecond() {
    return 2.0 * memoryClockMhz * 1e6 * memoryBusBits / 8;
  }

  /** The name that compilers have for it: {@code sm_90}. */
  public String arch() {
    return "sm_" + capability;
  }
}
