package org.jtvmc.codegen.peak;

/**
 * Memory traffic in blocks: groups of so many that are read, then so many that are written. One of
 * the two is 1, or nothing is written.
 */
record BlockMix(long groups, long reads, long writes) {

  /** What is less than a part in so many of the rest does not count. */
  private static final long MOST = 64;

  /** The mix of so many bytes, as near as whole blocks come to it. */
  static BlockMix of(long read, long written, long blockBytes) {
    long reads = 1;
    long writes = 1;
    if (written * MOST < read) {
      writes = 0;
    } else if (read > written) {
      reads = Math.round((double) read / written);
    } else {
      writes = Math.round(Math.min(MOST, (double) written / Math.max(1, read)));
    }
    long groups = (read + written) / ((reads + writes) * blockBytes);
    return new BlockMix(Math.max(1, groups), reads, writes);
  }

  /** The blocks that are read and written. */
  long blocks() {
    return groups * (reads + writes);
  }
}
