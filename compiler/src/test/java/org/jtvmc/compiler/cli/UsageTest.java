package org.jtvmc.compiler.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jtvmc.compiler.target.DriverQuery;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of command lines that are wrong, and of verbs that need no model. */
class UsageTest {

  @TempDir Path folder;

  @Test
  void helpNamesEveryVerb() {
    var help = CommandLineRun.of("--help").exits(0).out();

    for (var verb :
        List.of(
            "inspect", "compile", "tune", "run", "bench", "verify", "tasks", "log", "zoo",
            "targets", "doctor")) {
      assertTrue(help.contains("\n  " + verb + " "), verb + " in\n" + help);
    }
  }

  @Test
  void aVerbThatIsLikeNoneIsNotGuessed() {
    var err = CommandLineRun.of("frob").exits(2).err();

    assertEquals("jtvmc: there is no verb 'frob' (see jtvmc --help)", err.strip());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "compil x.onnx | did you mean compile",
        "compile x.onnx -o out --tagret llvm | --target",
        "compile x.onnx | Missing required option: '-o=OUT'",
        "run | Missing required parameter",
        "verify x.onnx --reference torch | --reference is 'torch'; known are onnxruntime,"
            + " interpreter",
        "compile x.onnx -o o --emit lib,code | --emit is 'code'; known are lib, header, weights,"
            + " obj",
        "log count x.jsonl | ACTION is 'count'; known are stats, merge, best, verify, replay",
        "inspect x.onnx y.onnx | 'y.onnx' is more than the verb takes",
        "compile x.onnx -o out --fast | there is no option --fast",
        "compile x.onnx -o o --input-shapes x:[1,-3] | '-3' for a size",
        "compile x.onnx -o o --input-shapes x=1 | write \"x:[1,3,224,224]\"",
        "compile x.onnx -o o.so --weights external | a folder for external weights",
        "tune x.onnx --time-budget soon | is no time",
        "tune x.onnx --tuner magic | there is no tuner 'magic'",
        "tune x.onnx --tuner java.lang.String | no class that implements",
        "tune x.onnx --cost-model magic | there is no cost model 'magic'",
      })
  void aWrongCommandLineIsOneSentenceAndCodeTwo(String line, String expected) {
    var run = CommandLineRun.of(line.strip().split(" ")).exits(2);

    assertTrue(run.err().contains(expected), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertEquals("", run.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "inspect missing.onnx | does not exist",
        "run zoo:nonsense | is not in the zoo",
        "bench missing.so | does not exist",
        "log stats missing.jsonl | does not exist",
        "inspect x.onnx --plugin missing.jar | the plugin missing.jar does not exist",
      })
  void whatIsNotThereIsOneSentenceAndCodeThree(String line, String expected) {
    var run = CommandLineRun.of(line.strip().split(" ")).exits(3);

    assertTrue(run.err().contains(expected), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  @Test
  void anErrorWithJsonIsADocumentToo() {
    var error = CommandLineRun.of("inspect", "missing.onnx", "--json").exits(3).json().get("error");

    assertEquals(3, error.get("exit_code").asInt());
    assertTrue(error.get("message").asText().contains("missing.onnx"));
  }

  @Test
  void aGpuThatIsNotThereIsCodeFive() throws IOException {
    assumeTrue(new DriverQuery().device().isEmpty(), "this machine has a GPU");
    var model = SmallModels.convolution(folder).toString();

    var run = CommandLineRun.of("compile", model, "-o", "out", "--target", "cuda").exits(5);

    assertTrue(run.err().contains("this machine has no NVIDIA GPU"), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "llvm -mcpu=z80 | not known",
        "cuda -arch=sm_20 | not known",
        "llvm -mtriple=arm64 | x86_64"
      })
  void aTargetThatIsNotThereIsCodeFive(String target, String expected) throws IOException {
    var model = SmallModels.convolution(folder).toString();

    var run = CommandLineRun.of("compile", model, "-o", "out", "--target", target).exits(5);

    assertTrue(run.err().contains(expected), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  @Test
  void anUnknownPassIsNamedWithThoseThereAre() throws IOException {
    var model = SmallModels.convolution(folder).toString();
    var out = folder.resolve("out").toString();

    for (var option : List.of("--disabled-pass", "--print-ir-after")) {
      var run = CommandLineRun.of("compile", model, "-o", out, option, "Nonsense").exits(2);
      assertTrue(run.err().contains("FoldConstants"), run.err());
    }
    assertFalse(Files.exists(Path.of(out)));
  }

  @Test
  void theZooSaysWhereItsModelsComeFrom() {
    var models = CommandLineRun.of("zoo", "--json").exits(0).json().get("models");

    for (var model : models) {
      assertTrue(model.get("name").asText().startsWith("zoo:"));
      for (var field : List.of("licence", "size_bytes", "origin", "sha256")) {
        assertFalse(model.get(field).asText().isEmpty(), field);
      }
    }
  }

  @Test
  void theHostIsAmongTheTargets() {
    var document = CommandLineRun.of("targets", "--json").exits(0).json();

    assertTrue(document.at("/host/target").asText().startsWith("llvm -mcpu="));
    assertTrue(document.get("targets").size() > 10);
  }

  @Test
  void theDoctorFindsWhatIsNeeded() {
    var document = CommandLineRun.of("doctor", "--json").exits(0).json();

    assertTrue(document.get("ok").asBoolean());
    for (var finding : document.get("findings")) {
      assertFalse(finding.get("gives").asText().isEmpty());
      assertFalse(finding.get("present").asBoolean() && !finding.get("reason").asText().isEmpty());
      boolean ofDriver = finding.get("name").asText().matches("gpu|gpu clocks|cuda driver");
      if (ofDriver && !finding.get("present").asBoolean()) {
        assertTrue(finding.get("reason").asText().contains("NVIDIA driver"), finding.toString());
      }
    }
  }
}
