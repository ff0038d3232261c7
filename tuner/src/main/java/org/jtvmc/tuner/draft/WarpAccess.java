package org.jtvmc.tuner.draft;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What the threads of one warp load or store with one instruction.
 *
 * @param places in elements, by lane
 * @param bytes of one element
 * @param width the bytes that one lane moves
 */
record WarpAccess(List<Long> places, int bytes, int width) {
  private static final int BANKS = 32;
  private static final int BANK_BYTES = 4;

  /** Bytes of shared memory that a multiprocessor moves in a cycle. */
  private static final int ROW_BYTES = BANKS * BANK_BYTES;

  /** Bytes that global memory moves at once. */
  static final int SECTOR_BYTES = 32;

  WarpAccess {
    places = List.copyOf(places);
  }

  /** The different bytes that the lanes want. */
  double wanted() {
    return (double) places.stream().distinct().count() * width;
  }

  /** The sectors of global memory that the warp touches. */
  int sectors() {
    Set<Long> sectors = new HashSet<>();
    for (long place : places) {
      long first = Math.floorDiv(place * bytes, SECTOR_BYTES);
      long last = Math.floorDiv(place * bytes + width - 1, SECTOR_BYTES);
      for (long sector = first; sector <= last; sector++) {
        sectors.add(sector);
      }
    }
    return sectors.size();
  }

  /**
   * The cycles that shared memory takes: lanes whose words lie in one bank come after each other,
   * those of one word together; as many lanes at once as move 128 bytes.
   */
  int sharedCycles() {
    int together = Math.max(1, ROW_BYTES / Math.max(BANK_BYTES, width));
    int cycles = 0;
    for (int first = 0; first < places.size(); first += together) {
      Set<Long> words = new HashSet<>();
      int[] banks = new int[BANKS];
      int most = 0;
      for (long place : places.subList(first, Math.min(places.size(), first + together))) {
        long begin = Math.floorDiv(place * bytes, BANK_BYTES);
        long end = Math.floorDiv(place * bytes + width - 1, BANK_BYTES);
        for (long word = begin; word <= end; word++) {
          if (words.add(word)) {
            most = Math.max(most, ++banks[Math.floorMod(word, BANKS)]);
          }
        }
      }
      cycles += most;
    }
    return cycles;
  }
}
