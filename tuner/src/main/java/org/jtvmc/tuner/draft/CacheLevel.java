package org.jtvmc.tuner.draft;

import java.util.function.ToDoubleFunction;
import org.jtvmc.tuner.feature.Access;
import org.jtvmc.tuner.feature.Statement;

/**
 * One cache, and what has to be brought into it. Lines that lie a multiple of some power of two
 * apart fall into the same few sets: walking down a column of a matrix whose rows take 4 KiB fills
 * a first cache after as many rows as it has ways, and not when its bytes are full.
 *
 * @param bytes its size
 * @param sets the number of sets, each of which holds as many lines as the cache has ways
 */
record CacheLevel(double bytes, long sets) {
  private static final long LINE_BYTES = 64;

  /** The ways of the larger caches; the first one is indexed within a page. */
  private static final long WAYS = 16;

  private static final long PAGE_BYTES = 4096;

  static CacheLevel first(long bytes) {
    return new CacheLevel(bytes, PAGE_BYTES / LINE_BYTES);
  }

  static CacheLevel larger(long bytes) {
    return new CacheLevel(bytes, Math.max(1, Long.highestOneBit(bytes / LINE_BYTES / WAYS)));
  }

  /**
   * The bytes of whole lines that come into it for all iterations, on one core; none where all the
   * data fits, since it is still there from the run before. The outermost loop whose body's data
   * fits brings that data in anew with each of its iterations.
   */
  double traffic(Statement statement) {
    int fits = 0;
    while (fits < statement.loops().size() && footprint(statement, fits) > bytes) {
      fits++;
    }
    if (fits == 0) {
      return 0;
    }
    double moved = 0;
    for (Access access : statement.accesses()) {
      double once = access.lines(fits) * LINE_BYTES;
      boolean stays = !access.moves(fits - 1) && once * crowding(access, fits) <= bytes / 2;
      moved += once * statement.iterations(0, stays ? fits - 1 : fits);
    }
    return moved;
  }

  private double footprint(Statement statement, int depth) {
    ToDoubleFunction<Access> held = a -> a.lines(depth) * LINE_BYTES * crowding(a, depth);
    return statement.accesses().stream().mapToDouble(held).sum();
  }

  /** How much more of the cache an access takes than its lines, since they crowd into few sets. */
  private double crowding(Access access, int depth) {
    double worst = 1;
    for (int k = depth; k < access.loops(); k++) {
      double step = access.step(k) * access.buffer().dtype().bytes();
      double extent = access.extent(k);
      if (step < LINE_BYTES || step % LINE_BYTES != 0 || extent <= 1) {
        continue;
      }
      long lines = (long) (step / LINE_BYTES);
      double different = (double) sets / Math.min(sets, Long.lowestOneBit(lines));
      worst = Math.max(worst, Math.min(extent, sets) / Math.min(extent, different));
    }
    return worst;
  }
}
