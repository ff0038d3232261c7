package org.jtvmc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code measure.sh} keeps what it has, whatever its steps do; the program is a script here. */
class MeasureScriptTest {

  private static final String DOCTOR =
      """
      [[ $1 != doctor ]] || { cat << 'EOF'
      {
        "ok" : true,
        "findings" : [ {
          "name" : "gpu",
          "present" : %s,
          "found" : "%s",
          "reason" : "%s"
        }, {
          "name" : "ptxas",
          "present" : false,
          "found" : "",
          "reason" : ""
        } ]
      }
      EOF
      exit; }
      """;
  private static final String GPU = DOCTOR.formatted("true", "Some GPU (sm_80, 4 SMs)", "");
  private static final String VERIFIED =
      """
      { "ok" : %s, "reference" : "onnxruntime", "outputs" :
        [ { "name" : "y", "max_abs" : 0.5, "max_rel" : 1, "ok" : %1$s, "elements" : 8, "wrong" : %d } ] }
      """;

  @TempDir Path folder;
  private MeasureKit kit;

  @BeforeEach
  void prepare() {
    kit = new MeasureKit(folder);
  }

  @Test
  void withoutAGpuEachStageSaysWhy() throws IOException, InterruptedException {
    kit.program("jtvmc", DOCTOR.formatted("false", "", "the driver supports CUDA 11.2, too old"));

    var outcome = kit.run();

    assertEquals(5, outcome.code(), outcome.said());
    for (var stage : new String[] {"answers", "kernels", "networks", "peers", "tuned"}) {
      assertEquals("skipped", kit.status(stage, "state"));
      assertTrue(
          kit.status(stage, "reason")
              .startsWith("no GPU can be used: the driver supports CUDA 11.2, too old"));
    }
    assertTrue(kit.report().contains("# jtvmc on no GPU"), kit.report());
  }

  @Test
  void aStepThatFailsOrIsCutOffLosesNothing() throws IOException, InterruptedException {
    kit.program(
        "jtvmc",
        GPU
            + """
            case "$1 $2" in
              verify*resnet50-b1-fp32) echo "jtvmc: the GPU has too little memory" >&2; exit 1 ;;
              verify*minilm-b1-fp16) echo part; sleep 60 ;;
              verify*mobilenetv2-b1-fp32) echo '%s'; exit 4 ;;
              verify*) echo '%s' ;;
            esac
            """
                .formatted(VERIFIED.formatted("false", 3), VERIFIED.formatted("true", 0)));

    var outcome = kit.run("--stages", "answers", "--step-limit", "3");

    assertEquals(4, outcome.code(), outcome.said());
    assertEquals("ok", kit.status("answers.minilm-b1-fp32", "state"));
    assertEquals("failed", kit.status("answers.resnet50-b1-fp32", "state"));
    assertEquals("cut", kit.status("answers.minilm-b1-fp16", "state"));
    assertEquals("ok", kit.status("answers.resnet50-b1-bf16", "state"));
    var report = kit.report();
    assertTrue(report.contains("| minilm-b1-fp32 | onnxruntime | 0.5 | 0 of 8 | equal |"), report);
    assertTrue(report.contains("| 3 of 8 | **differs** |"), report);
    assertTrue(
        report.contains(
            "| `answers.resnet50-b1-fp32` | failed, code 1 | jtvmc: the GPU has too little memory"
                + " |"),
        report);
    assertTrue(
        report.contains(
            "| `answers.minilm-b1-fp16` | cut off | it was cut off by its limit of 3 s |"),
        report);
    assertTrue(kit.has("answers.mobilenetv2-b1-fp32-nodes"));
  }

  @Test
  void aFurtherRunDoesWhatIsMissing() throws IOException, InterruptedException {
    var calls = folder.resolve("calls");
    var counted = GPU + "echo \"$1 ${2##*/}\" >> '%s'\n".formatted(calls);
    kit.program(
        "jtvmc", counted + "[[ $1 != verify || $2 != *bert-base-b1-fp32 ]] || exit 1\necho {}");
    kit.run("--stages", "answers", "--only", "b1-fp32");
    assertEquals("failed", kit.status("answers.bert-base-b1-fp32", "state"));
    Files.delete(calls);

    kit.program("jtvmc", counted + "echo {}");
    kit.run("--stages", "answers", "--only", "b1-fp(32|16)");

    assertEquals("ok", kit.status("answers.bert-base-b1-fp32", "state"));
    var verified = Files.readAllLines(calls).stream().filter(line -> line.startsWith("verify"));
    assertEquals(
        "verify minilm-b1-fp16, verify resnet50-b1-fp16, verify bert-base-b1-fp16,"
            + " verify mobilenetv2-b1-fp16, verify bert-base-b1-fp32",
        String.join(", ", verified.toList()));
  }

  @Test
  void whatTheTimeDoesNotSufficeForIsLeftToAFurtherRun() throws IOException, InterruptedException {
    kit.program("jtvmc", GPU + "[[ $1 != verify ]] || sleep 20; echo {}");

    var outcome = kit.run("--stages", "answers", "--time-budget", "6");

    assertEquals(0, outcome.code(), outcome.said());
    assertEquals("later", kit.status("answers.minilm-b1-fp32", "state"));
    assertTrue(kit.status("answers.resnet50-b1-bf16", "state").matches("later|skipped"));
    kit.program("jtvmc", GPU + "echo {}");
    kit.run("--stages", "answers");
    assertEquals("ok", kit.status("answers.minilm-b1-fp32", "state"));
    assertEquals("ok", kit.status("answers.resnet50-b1-bf16", "state"));
  }

  @Test
  void aStageThatWouldTakeAllTimeLeavesTheNextOnesTheirs()
      throws IOException, InterruptedException {
    kit.program("jtvmc", GPU + "[[ $1 != verify ]] || sleep 60; echo {}");

    var outcome = kit.run("--stages", "answers networks", "--time-budget", "20");

    assertEquals(0, outcome.code(), outcome.said());
    assertEquals("later", kit.status("answers.minilm-b1-fp32", "state"));
    assertTrue(kit.status("answers.resnet50-b1-bf16", "state").matches("later|skipped"));
    assertEquals("ok", kit.status("networks.minilm-b1-fp32", "state"));
  }

  @Test
  void stagesShareTheTimeThatIsLeft() throws IOException, InterruptedException {
    var all = "answers kernels networks peers tuned sanitizer";
    assertEquals(420, MeasureKit.share("new", "", 2700, all));
    assertEquals(
        480, MeasureKit.share("new", "", 2700 - 420, "kernels networks peers tuned sanitizer"));
    assertEquals(180, MeasureKit.share("new", "", 180, "sanitizer"));
    // Less was taken, less was given, one has another limit, a further pass, the doctor.
    assertEquals(547, MeasureKit.share("new", "", 2600, "kernels networks peers tuned sanitizer"));
    assertEquals(93, MeasureKit.share("new", "", 600, all));
    assertEquals(60, MeasureKit.share("new", "stage_limit[answers]=60", 2700, all));
    assertEquals(50, MeasureKit.share("new", "stage_limit[answers]=60", 50, all));
    assertEquals(900, MeasureKit.share("again", "", 900, all));
    assertEquals(2700, MeasureKit.share("new", "", 2700, "doctor"));
  }

  @Test
  void aSlicedBusyAndSlowedGpuIsSaidToBeOne() throws IOException, InterruptedException {
    kit.program("jtvmc", GPU + "echo {}");
    kit.program(
        "nvidia-smi",
        """
        case "$*" in
          *mig.mode*) echo Enabled ;;
          *compute-apps*) echo "123, 4000 MiB" ;;
          *memory.free*) echo 900 ;;
          *compute_mode*) echo Exclusive_Process ;;
          *clocks.max.sm,*) exit ;;
          *clocks.max.sm*) echo 1980 ;;
          *clocks.applications*) echo 1200 ;;
          *index*) printf '0\\n1\\n' ;;
        esac
        """);

    var outcome = kit.run(Map.of("CUDA_VISIBLE_DEVICES", "1"), "--stages", "doctor");

    assertEquals(0, outcome.code(), outcome.said());
    var report = kit.report();
    for (var said :
        new String[] {
          "- The GPU is divided (MIG)",
          "- Other processes (1) compute on the GPU",
          "- Only 900 MiB of the GPU's memory are free",
          "- The GPU takes one process at a time",
          "- The GPU's clock is set to 1200 MHz and could be 1980",
          "- There are 2 GPUs: number 1 is measured"
        }) {
      assertTrue(report.contains(said), said + " in\n" + report);
    }
  }

  @Test
  void wrongUsageIsOneSentence() throws IOException, InterruptedException {
    kit.program("jtvmc", GPU);

    var stage = kit.run("--stages", "kernel");
    var time = kit.run("--time-budget", "soon");

    assertEquals(2, stage.code());
    assertTrue(stage.said().startsWith("measure.sh: there is no stage kernel; there are: doctor"));
    assertEquals(2, time.code());
    assertEquals("measure.sh: 'soon' is no time: write 600, 10m or 1h", time.said().strip());
    assertFalse(kit.has("doctor.jtvmc"));
  }
}
