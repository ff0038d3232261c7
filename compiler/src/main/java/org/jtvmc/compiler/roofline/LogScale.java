package org.jtvmc.compiler.roofline;

import java.util.ArrayList;
import java.util.List;

/**
 * A logarithmic axis.
 *
 * @param least the value at {@code from}
 * @param greatest the value at {@code to}
 */
record LogScale(double least, double greatest, double from, double to) {

  /** From and to whole powers of ten around the values. */
  static LogScale around(double least, double greatest, double from, double to) {
    double low = Math.pow(10, Math.floor(Math.log10(least)));
    double high = Math.pow(10, Math.ceil(Math.log10(greatest)));
    return new LogScale(low, Math.max(high, 10 * low), from, to);
  }

  /** Where a value lies; those beyond the ends lie at the ends. */
  double at(double value) {
    double inside = Math.clamp(value, least, greatest);
    return from + (to - from) * Math.log(inside / least) / Math.log(greatest / least);
  }

  /** The powers of ten on the axis. */
  List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    for (double tick = least; tick <= greatest * 1.001; tick *= 10) {
      ticks.add(tick);
    }
    return ticks;
  }
}
