package org.jtvmc.examples.search;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** For each workload, the best speed after each trial: the mean over the seeds, as PNG. */
final class ConvergencePlots {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 420;
  private static final int DPI = 144;

  /** By where candidates come from. */
  private static final Color RANDOM = new Color(0x1f77b4);

  private static final Color GRID = new Color(0x7f7f7f);
  private static final Color EVOLUTIONARY = new Color(0xd62728);

  private ConvergencePlots() {}

  /** Writes {@code <workload>.png} into {@code folder}. */
  static void write(RunTable table, int trials, Path folder) throws IOException {
    for (String workload : table.workloads()) {
      XYChart chart =
          new XYChartBuilder()
              .width(WIDTH)
              .height(HEIGHT)
              .title(workload)
              .xAxisTitle("trials")
              .yAxisTitle("best GFLOP/s, mean over the seeds")
              .build();
      chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
      chart.getStyler().setChartBackgroundColor(Color.WHITE);
      chart.getStyler().setYAxisDecimalPattern("0");
      chart.getStyler().setXAxisDecimalPattern("0");
      chart.getStyler().setYAxisMin(0.0);
      for (Variant variant : Variant.ALL) {
        List<Run> runs = table.of(workload, variant.name());
        if (!runs.isEmpty()) {
          draw(chart, variant, runs, trials);
        }
      }
      BitmapEncoder.saveBitmapWithDPI(
          chart, folder.resolve(workload).toString(), BitmapFormat.PNG, DPI);
    }
  }

  private static void draw(XYChart chart, Variant variant, List<Run> runs, int trials) {
    double[] x = new double[trials];
    double[] y = new double[trials];
    for (int k = 0; k < trials; k++) {
      int count = k + 1;
      x[k] = count;
      y[k] = runs.stream().mapToDouble(run -> run.bestAfter(count)).average().orElse(0);
    }
    XYSeries series = chart.addSeries(variant.name(), x, y);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(
        variant.name().startsWith("random")
            ? RANDOM
            : variant.name().startsWith("grid") ? GRID : EVOLUTIONARY);
    series.setLineStyle(stroke(variant));
  }

  /** Whole with everything, dashed with one of draft and warm start, dotted with none. */
  private static BasicStroke stroke(Variant variant) {
    boolean warm = variant.costModel().equals("xgboost");
    float[] dashes =
        variant.draft()
            ? warm ? new float[] {1, 0} : new float[] {9, 4}
            : warm ? new float[] {9, 3, 2, 3} : new float[] {2, 3};
    return new BasicStroke(1.6f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, dashes, 0);
  }
}
