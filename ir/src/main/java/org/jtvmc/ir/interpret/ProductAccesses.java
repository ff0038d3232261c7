package org.jtvmc.ir.interpret;

import java.util.BitSet;

/** Which elements of a {@link Memory} products sum up, or read, that were not waited for. */
final class ProductAccesses {
  private final BitSet sums = new BitSet();
  private final int[] readers;

  ProductAccesses(int size) {
    this.readers = new int[size];
  }

  boolean isSum(int position) {
    return sums.get(position);
  }

  void setSum(int position, boolean value) {
    sums.set(position, value);
  }

  boolean isRead(int position) {
    return readers[position] > 0;
  }

  void beginRead(int position) {
    readers[position]++;
  }

  void endRead(int position) {
    readers[position]--;
  }
}
