package org.jtvmc.ir.loop;

/** What a thread-bound loop's index is bound to. */
public enum ThreadTag {
  BLOCK_X("blockIdx.x"),
  BLOCK_Y("blockIdx.y"),
  BLOCK_Z("blockIdx.z"),
  THREAD_X("threadIdx.x"),
  THREAD_Y("threadIdx.y"),
  THREAD_Z("threadIdx.z"),
  /** Interleaved by one thread rather than run by several. */
  VIRTUAL("vthread");

  private final String symbol;

  ThreadTag(String symbol) {
    this.symbol = symbol;
  }

  /** True for an index of blocks. */
  public boolean isBlock() {
    return this == BLOCK_X || this == BLOCK_Y || this == BLOCK_Z;
  }

  public String symbol() {
    return symbol;
  }
}
