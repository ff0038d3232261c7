package org.jtvmc.tuner.record;

import java.nio.file.Path;

/** A process that appends records and says after each one how many are saved. */
final class AppendForever {
  private AppendForever() {}

  public static void main(String[] args) {
    int limit = Integer.parseInt(args[1]);
    try (RecordStore store = RecordStore.open(Path.of(args[0]), System.err::println)) {
      for (int k = 0; k < limit; k++) {
        store.append(Records.ok(k, 1 + k));
        System.out.println((k + 1 - store.unsaved()) + " saved");
      }
    }
  }
}
