package org.jtvmc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code report.py}: figures, and how they stand beside the goals. */
class MeasureReportTest {

  @TempDir Path folder;

  @BeforeEach
  void requirePython() throws IOException {
    MeasureKit.requires("python3");
    Files.createDirectories(folder.resolve("steps"));
  }

  @Test
  void productsAreHeldAgainstCuBlasAndTheOthersAgainstACopy()
      throws IOException, InterruptedException {
    step("kernels.copy-before", "{\"device\": \"Some GPU\", \"gb_s_median\": 4000.0}");
    step("kernels.copy-after", "{\"device\": \"Some GPU\", \"gb_s_median\": 3900.0}");
    step("kernels.matmul-4096-fp32", bench(4, 4));
    step("kernels.matmul-4096-fp32-tune", tuned(200));
    step("kernels.matmul-4096-fp32-tuned", bench(3, 3));
    step("kernels.softmax-8192x4096", bench(0.1, 0.08));
    // What a CUDA graph takes, where that is less, is the peer's time on the device.
    step(
        "peers.matmul-4096-fp32",
        "{\"torch\": \"2.11\", \"cuda\": \"13.0\", \"device\": \"Some GPU\"}",
        peer("eager", 1, "2.8, 2.9, 2.7", "2.6, 2.7, 2.5", ", \"graph_ms\": [2.4, 2.4, 2.4]"));

    var report = MeasureKit.reportOf(folder);

    has(report, "- a copy within its memory: 4000 GB/s");
    has(report, "- PyTorch: 2.11, CUDA 13.0");
    has(
        report,
        "| matmul 4096³, float32 | 4 ms, 34.4 TFLOP/s | 3 ms, 45.8 TFLOP/s (200 trials)"
            + " | eager 2.4 ms, 57.3 TFLOP/s | 0.80 (reaches 0.8) of cuBLAS |");
    has(
        report,
        "| softmax 8192×4096 | 0.08 ms, 3355 GB/s |  |  | 0.84 (short of 0.85) of a copy's rate |");
    has(report, "| matmul-4096-fp32 | 1 | 200 | 35 s | 5.7 | 2 time-out |");
  }

  @Test
  void networksAreComparedWithTheFastestFormThatWasMeasuredInTurn()
      throws IOException, InterruptedException {
    step("networks.resnet50-b1-fp16", bench(2, 1.5));
    step(
        "peers.resnet50-b1-fp16",
        peer("jtvmc default", 1, "2, 4, 2", "1.5, 1.5, 1.5", ""),
        peer("eager", 1, "5, 10, 5", "3, 3, 3", ""),
        peer("eager, channels last", 1, "3, 6, 3", "2, 2, 2", ""),
        "{\"contender\": \"torch.compile default\", \"error\": \"RuntimeError: no C compiler\"}",
        // Slower turns of both: only their ratio counts.
        peer("jtvmc default", 2, "4, 4, 4", "1.5, 1.5, 1.5", ""),
        peer("torch.compile max-autotune", 2, "3, 3, 3", "2, 2, 2", ""),
        "{\"contender\": \"cut o");

    var report = MeasureKit.reportOf(folder);

    has(
        report,
        "| resnet50, batch 1, fp16 | 2 ms (1.5 ms) |  | 5 ms (3 ms); channels last 3 ms (2 ms)"
            + " | max-autotune 3 ms (2 ms) | 1.50 (reaches 1) | 0.75 (short of 1) |");
    has(
        report,
        "| `peers.resnet50-b1-fp16` | torch.compile default | RuntimeError: no C compiler |");
  }

  @Test
  void theClockIsThatOfABusyGpu() throws IOException, InterruptedException {
    Files.write(
        folder.resolve("clocks.csv"),
        List.of(
            "345, 1980, 0, 30, 70.1, 0x0000000000000001",
            "1755, 1980, 98, 60, 650.0, 0x0000000000000004",
            "1200, 1980, 97, 88, 690.0, 0x0000000000000020",
            "1755, 1980, 99, 61, 651.0, 0x0000000000000004",
            "[N/A], [N/A], [N/A], [N/A], [N/A], [N/A]"));

    has(
        MeasureKit.reportOf(folder),
        "- clock under load: 1755 MHz of 1980; heat or power held it down in 1 of 3 samples");
  }

  private void step(String name, String... lines) throws IOException {
    Files.write(folder.resolve("steps/" + name + ".out"), List.of(lines));
    Files.writeString(folder.resolve("steps/" + name + ".status"), "state=ok\ncode=0\nreason=\n");
  }

  private static String bench(double latency, double kernel) {
    return """
    {"latency_ms": {"min": 1, "median": %s}, "profile":
      [{"kernel": "k0", "time_ms": %s, "share": 1, "gflops": 1, "gb_s": 1, "calls": 1}]}
    """
        .formatted(latency, kernel);
  }

  private static String tuned(int trials) {
    return """
    {"trials": %d, "elapsed_s": 35, "trials_per_s": 5.7,
     "tasks": [{"failures": {"time-out": 2, "build": 0}}]}
    """
        .formatted(trials);
  }

  private static String peer(
      String name, int group, String latencies, String device, String further) {
    return "{\"contender\": \"%s\", \"group\": %d, \"latency_ms\": [%s], \"device_ms\": [%s]%s}"
        .formatted(name, group, latencies, device, further);
  }

  private static void has(String report, String line) {
    assertTrue(report.contains(line + "\n"), () -> line + "\nis not in\n" + report);
    assertEquals(report.indexOf(line), report.lastIndexOf(line));
  }
}
