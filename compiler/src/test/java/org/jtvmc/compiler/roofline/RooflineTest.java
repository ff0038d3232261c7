package org.jtvmc.compiler.roofline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jtvmc.codegen.peak.MachinePeaks;
import org.jtvmc.codegen.peak.MemoryLevel;
import org.jtvmc.compiler.bench.KernelProfile;
import org.jtvmc.compiler.bench.KernelProfile.Entry;
import org.jtvmc.compiler.bench.KernelTraffic;
import org.jtvmc.ir.target.CpuTarget.Caches;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class RooflineTest {

  private static final Caches CACHES = new Caches(32 << 10, 1 << 20, 16 << 20);

  /** 200 GFLOP/s; 400, 100, 50 and 10 GB/s. */
  private static final MachinePeaks PEAKS =
      new MachinePeaks(
          2,
          200,
          Map.of(
              MemoryLevel.L1,
              400.0,
              MemoryLevel.L2,
              100.0,
              MemoryLevel.L3,
              50.0,
              MemoryLevel.DRAM,
              10.0),
          0.5);

  private static Roofline roofline(Entry... entries) {
    MachinePeaks single = new MachinePeaks(1, 100, PEAKS.readGbS(), 0);
    return Roofline.of(
        "m.onnx", "llvm", CACHES, single, PEAKS, new KernelProfile(List.of(entries)), 1 << 20);
  }

  @Test
  void manyOperationsOnFewBytesAreBoundByArithmetic() {
    // 200 MFLOP at 200 GFLOP/s: 1 ms. 100 kB of L2 at 100 GB/s: 1 us.
    var kernel = new Entry("k", "", 1, 2, 2e8, new KernelTraffic(100_000, 0), 1);
    var point = roofline(kernel).points().getFirst();
    assertEquals(Roofline.Bound.COMPUTE, point.bound());
    assertEquals(1, point.attainableMs(), 1e-9);
    assertEquals(200, point.attainableGflops(), 1e-6);
    assertEquals(0.5, point.efficiency(), 1e-9);
    assertEquals(2000, point.intensity(), 1e-9);
    assertEquals(100, kernel.gflops(), 1e-9);
  }

  @Test
  void weightsComeFromWhereARunLeavesThemAndActivationsFromNearby() {
    // The run touches 21 MB, more than L3 holds; a call touches 20 MB.
    var heavy = new Entry("heavy", "", 1, 4, 1e6, new KernelTraffic(0, 20_000_000), 0.9);
    // Two calls of 1 MB each: in L2; 2 MB at 100 GB/s.
    var light = new Entry("light", "", 2, 1, 1e6, new KernelTraffic(2_000_000, 0), 0.1);
    var points = roofline(heavy, light).points();
    assertEquals(2, points.get(0).attainableMs(), 1e-9);
    assertEquals(0.02, points.get(1).attainableMs(), 1e-9);
    assertEquals(Roofline.Bound.MEMORY, points.get(1).bound());
  }

  @Test
  void thePlotIsWellFormedAndShowsEveryKernelThatComputes() throws Exception {
    var counted = new Entry("a<b>&\"c\"", "", 1, 2, 2e8, new KernelTraffic(100_000, 10), 0.7);
    var moved = new Entry("transpose", "", 1, 1, 0, new KernelTraffic(100_000, 0), 0.3);
    var roofline = roofline(counted, moved);
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(new RooflinePlot(roofline).svg())));
    assertEquals(1, document.getElementsByTagName("circle").getLength());
    assertTrue(
        document.getElementsByTagName("title").item(0).getTextContent().startsWith("a<b>&\"c\":"));
    String page = new RooflinePage(roofline).html();
    assertTrue(page.contains("transpose") && page.contains("a&lt;b&gt;&amp;&quot;c&quot;"), page);
  }

  @Test
  void aLogarithmicAxisHasItsTicksAtPowersOfTen() {
    var scale = LogScale.around(0.3, 700, 0, 400);
    assertEquals(4, scale.ticks().size() - 1);
    assertEquals(0, scale.at(0.1), 1e-9);
    assertEquals(200, scale.at(10), 1e-9);
    assertEquals(400, scale.at(1e6), 1e-9);
  }
}
