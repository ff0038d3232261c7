package org.jtvmc.tuner.measure;

/**
 * How long one of many like steps takes, from those that were done: those of late count most, so
 * that the estimate follows a machine that becomes busy. A program that has just started is several
 * times slower: the first steps count half, and what was done first only as long as nothing else
 * was.
 */
public final class Pace {
  /** So large a part of what is remembered is done by a program that has just started. */
  private static final double COLD_PART = 0.25;

  private static final double COLD_COUNTS = 0.5;

  private final double memory;
  private double seconds;
  private double steps;
  private long done;
  private int batches;

  /**
   * @param memory after how many more steps earlier ones count half
   */
  public Pace(double memory) {
    this.memory = memory;
  }

  /** Takes in some steps that were done one after the other; none is nothing. */
  public void add(double secondsOfAll, int number) {
    if (number == 0) {
      return;
    }
    double kept = batches == 1 ? 0 : Math.pow(0.5, number / memory);
    double counts = done < COLD_PART * memory ? COLD_COUNTS : 1;
    seconds = kept * seconds + counts * secondsOfAll;
    steps = kept * steps + number;
    done += number;
    batches++;
  }

  /** The seconds that one step takes; 0 where none was done. */
  public double secondsOfOne() {
    return steps == 0 ? 0 : seconds / steps;
  }
}
