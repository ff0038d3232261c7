package org.jtvmc.compiler.roofline;

import java.util.Locale;
import org.jtvmc.codegen.peak.MachinePeaks;

/** A page that shows a roofline and needs nothing else: the plot and the table of kernels. */
public final class RooflinePage {

  private static final String STYLE =
      """
      body { font: 14px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 1100px; color: #222 }
      svg { width: 100%; height: auto } svg text { font-size: 12px; fill: #444 }
      .grid { stroke: #e4e4e4 } .roof { stroke: #333; stroke-width: 1.5 }
      .single { stroke: #999; stroke-dasharray: 6 4 } .label { fill: #111 }
      circle { fill-opacity: .6; stroke: #fff } .compute { fill: #c0392b } .memory { fill: #2471a3 }
      table { border-collapse: collapse; width: 100% } td, th { padding: 2px 8px; text-align: right }
      th { border-bottom: 1px solid #999 } td:first-child, th:first-child { text-align: left }
      tr:nth-child(even) { background: #f6f6f6 }
      """;

  private final Roofline roofline;
  private final StringBuilder page = new StringBuilder();

  public RooflinePage(Roofline roofline) {
    this.roofline = roofline;
  }

  /** The page, in HTML. */
  public String html() {
    page.setLength(0);
    String title = escape("Roofline of " + roofline.model());
    add(
        "<!DOCTYPE html>%n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title>%n",
        title);
    add("<style>%n%s</style></head><body>%n<h1>%s</h1>%n", STYLE, title);
    add(
        "<p>%s, %d threads. Kernels one by one: %.3f ms; the roof allows %.3f ms.</p>%n",
        escape(roofline.target()),
        roofline.peaks().threads(),
        roofline.timeMs(),
        roofline.attainableMs());
    page.append(new RooflinePlot(roofline).svg());
    add(
        "<p>Circles grow with the share of the time; <span class=\"compute\">&#9679;</span> bound"
            + " by arithmetic, <span class=\"memory\">&#9679;</span> by memory.</p>%n");
    kernels();
    peaks();
    return page.append("</body></html>\n").toString();
  }

  private void kernels() {
    add("<h2>Kernels</h2>%n<table><tr><th>kernel</th><th>calls</th><th>ms</th><th>share</th>");
    add("<th>MFLOP</th><th>kB</th><th>FLOP/byte</th><th>GFLOP/s</th><th>GB/s</th>");
    add(
        "<th>attainable GFLOP/s</th><th>attainable ms</th><th>of"
            + " attainable</th><th>bound</th></tr>%n");
    for (Roofline.Point point : roofline.points()) {
      add(
          "<tr><td title=\"%s\">%s</td><td>%d</td><td>%.4f</td><td>%.1f %%</td>",
          escape(point.kernel().operators()),
          escape(point.kernel().kernel()),
          point.kernel().calls(),
          point.kernel().timeMs(),
          100 * point.kernel().share());
      add(
          "<td>%.3f</td><td>%.1f</td><td>%.2f</td><td>%.1f</td><td>%.1f</td>",
          point.kernel().flop() / 1e6,
          point.kernel().traffic().bytes() / 1e3,
          point.intensity(),
          point.kernel().gflops(),
          point.kernel().gbS());
      add(
          "<td>%.1f</td><td>%.4f</td><td>%.0f %%</td><td>%s</td></tr>%n",
          point.attainableGflops(),
          point.attainableMs(),
          100 * point.efficiency(),
          point.bound().name().toLowerCase(Locale.ROOT));
    }
    add("</table>%n");
  }

  private void peaks() {
    add("<h2>Measured peaks</h2>%n<table><tr><th>threads</th><th>multiply-adds, GFLOP/s</th>");
    roofline.peaks().readGbS().keySet().forEach(level -> add("<th>%s read, GB/s</th>", level));
    add("<th>fork and join, &#181;s</th></tr>%n");
    row(roofline.single());
    if (roofline.peaks().threads() > 1) {
      row(roofline.peaks());
    }
    add("</table>%n");
  }

  private void row(MachinePeaks peaks) {
    add("<tr><td>%d</td><td>%.1f</td>", peaks.threads(), peaks.multiplyAddGflops());
    peaks.readGbS().values().forEach(bandwidth -> add("<td>%.1f</td>", bandwidth));
    add("<td>%.2f</td></tr>%n", peaks.forkJoinUs());
  }

  /** Text as HTML has it. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private void add(String format, Object... arguments) {
    page.append(String.format(Locale.ROOT, format, arguments));
  }
}
