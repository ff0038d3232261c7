package org.jtvmc.compiler.roofline;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.jtvmc.codegen.peak.MemoryLevel;

/** The plot: intensity to the right, speed upwards, both logarithmic. SVG. */
final class RooflinePlot {

  private static final int WIDTH = 960;
  private static final int HEIGHT = 540;
  private static final int LEFT = 70;
  private static final int RIGHT = 30;
  private static final int TOP = 20;
  private static final int BOTTOM = 50;

  private final Roofline roofline;
  private final LogScale x;
  private final LogScale y;
  private final StringBuilder svg = new StringBuilder();

  RooflinePlot(Roofline roofline) {
    this.roofline = roofline;
    List<Roofline.Point> shown = shown(roofline);
    double[] intensities = shown.stream().mapToDouble(Roofline.Point::intensity).toArray();
    double[] speeds = shown.stream().mapToDouble(point -> point.kernel().gflops()).toArray();
    double peak = roofline.peaks().multiplyAddGflops();
    double ridge = peak / roofline.peaks().bandwidth(MemoryLevel.DRAM);
    x =
        LogScale.around(
            DoubleStream.concat(DoubleStream.of(intensities), DoubleStream.of(0.1))
                .min()
                .orElseThrow(),
            DoubleStream.concat(DoubleStream.of(intensities), DoubleStream.of(ridge))
                .max()
                .orElseThrow(),
            LEFT,
            WIDTH - RIGHT);
    y =
        LogScale.around(
            DoubleStream.concat(DoubleStream.of(speeds), DoubleStream.of(1)).min().orElseThrow(),
            peak,
            HEIGHT - BOTTOM,
            TOP);
  }

  /** Kernels that compute something: the others have no place on the plot. */
  private static List<Roofline.Point> shown(Roofline roofline) {
    return roofline.points().stream()
        .filter(point -> point.kernel().flop() > 0 && point.kernel().timeMs() > 0)
        .toList();
  }

  String svg() {
    svg.setLength(0);
    add("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"roofline\">%n", WIDTH, HEIGHT);
    axes();
    for (Map.Entry<MemoryLevel, Double> level : roofline.peaks().readGbS().entrySet()) {
      roof(level.getKey(), level.getValue());
    }
    ceiling(roofline.peaks().multiplyAddGflops(), roofline.peaks().threads(), "roof");
    if (roofline.peaks().threads() > 1) {
      ceiling(roofline.single().multiplyAddGflops(), 1, "single");
    }
    for (Roofline.Point point : shown(roofline).reversed()) {
      add(
          "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>%s</title></circle>%n",
          point.bound().name().toLowerCase(Locale.ROOT),
          x.at(point.intensity()),
          y.at(point.kernel().gflops()),
          3 + 12 * Math.sqrt(point.kernel().share()),
          RooflinePage.escape(
              "%s: %.4f ms, %.1f of %.1f GFLOP/s attainable"
                  .formatted(
                      point.kernel().kernel(),
                      point.kernel().timeMs(),
                      point.kernel().gflops(),
                      point.attainableGflops())));
    }
    return svg.append("</svg>\n").toString();
  }

  private void axes() {
    for (double tick : x.ticks()) {
      add(
          "<line class=\"grid\" x1=\"%1$.1f\" x2=\"%1$.1f\" y1=\"%2$d\" y2=\"%3$d\"/>%n",
          x.at(tick), TOP, HEIGHT - BOTTOM);
      add(
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
          x.at(tick), HEIGHT - BOTTOM + 18, number(tick));
    }
    for (double tick : y.ticks()) {
      add(
          "<line class=\"grid\" x1=\"%1$d\" x2=\"%2$d\" y1=\"%3$.1f\" y2=\"%3$.1f\"/>%n",
          LEFT, WIDTH - RIGHT, y.at(tick));
      add(
          "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n",
          LEFT - 6, y.at(tick) + 4, number(tick));
    }
    add(
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">intensity, FLOP/byte</text>%n",
        (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8);
    add(
        "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">GFLOP/s</text>%n",
        (TOP + HEIGHT - BOTTOM) / 2);
  }

  /** The slope of one memory level, up to where it meets the peak. */
  private void roof(MemoryLevel level, double gbS) {
    double peak = roofline.peaks().multiplyAddGflops();
    double begin = Math.max(x.least(), y.least() / gbS);
    double end = Math.min(x.greatest(), peak / gbS);
    if (begin < end) {
      add(
          "<line class=\"roof\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n",
          x.at(begin), y.at(begin * gbS), x.at(end), y.at(end * gbS));
      double middle = Math.sqrt(begin * end);
      add(
          "<text class=\"label\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s %.0f GB/s</text>%n",
          x.at(middle) - 4, y.at(middle * gbS) - 4, level, gbS);
    }
  }

  private void ceiling(double gflops, int threads, String style) {
    double from = x.at(gflops / roofline.peaks().bandwidth(MemoryLevel.L1));
    add(
        "<line class=\"%s\" x1=\"%.1f\" x2=\"%d\" y1=\"%4$.1f\" y2=\"%4$.1f\"/>%n",
        style, from, WIDTH - RIGHT, y.at(gflops));
    add(
        "<text class=\"label\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f GFLOP/s, %d"
            + " thread%s</text>%n",
        WIDTH - RIGHT, y.at(gflops) - 5, gflops, threads, threads == 1 ? "" : "s");
  }

  private static String number(double tick) {
    return tick < 1
        ? String.format(Locale.ROOT, "%.3g", tick).replaceFirst("0+$", "")
        : String.format(Locale.ROOT, "%.0f", tick);
  }

  private void add(String format, Object... arguments) {
    svg.append(String.format(Locale.ROOT, format, arguments));
  }
}
