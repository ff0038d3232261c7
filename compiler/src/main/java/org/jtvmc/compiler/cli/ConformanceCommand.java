package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jtvmc.compiler.conformance.CaseOutcome;
import org.jtvmc.compiler.conformance.CaseOutcome.Status;
import org.jtvmc.compiler.conformance.ConformanceCase;
import org.jtvmc.compiler.conformance.ConformanceRun;
import org.jtvmc.compiler.conformance.OperatorTally;
import org.jtvmc.ir.file.TemporaryFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code conformance}: runs ONNX backend test cases. */
@Command(
    name = "conformance",
    description = {
      "Compiles ONNX backend test cases, runs the libraries and compares with the suite's"
          + " tolerances."
    })
final class ConformanceCommand extends Verb {

  private static final int PROGRESS = 100;

  @Parameters(
      paramLabel = "DIR",
      arity = "1..*",
      description = "Folders of cases: <case>/model.onnx and <case>/test_data_set_*/input_*.pb.")
  private List<Path> folders;

  @Option(
      names = "--filter",
      paramLabel = "RE",
      description = "Only cases in whose name this is found.")
  private String filter = "";

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description = "Cases at a time; by default as many as there are cores.")
  private int jobs = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--timeout",
      paramLabel = "S",
      description = "Seconds for one case; by default ${DEFAULT-VALUE}.")
  private int timeout = 120;

  @Override
  public Integer call() {
    for (Path folder : folders) {
      if (!Files.isDirectory(folder)) {
        throw new UsageException("%s is no folder of test cases".formatted(folder));
      }
    }
    if (jobs < 1 || timeout < 1) {
      throw new UsageException("--jobs and --timeout are 1 or more");
    }
    List<ConformanceCase> cases = ConformanceCase.find(folders, pattern());
    if (cases.isEmpty()) {
      throw new UsageException("there are no such cases in the folders");
    }
    try (Interruption interruption = new Interruption()) {
      return run(cases, interruption);
    }
  }

  private int run(List<ConformanceCase> cases, Interruption interruption) {
    List<CaseOutcome> outcomes;
    boolean stopped;
    try (TemporaryFolder scratch = TemporaryFolder.create()) {
      AtomicInteger done = new AtomicInteger();
      ConformanceRun run = new ConformanceRun(scratch.path(), jobs, Duration.ofSeconds(timeout));
      interruption.onInterrupt(run::stop);
      outcomes = run.run(cases, outcome -> progress(outcome, done.incrementAndGet(), cases.size()));
      stopped = run.stopped();
    }
    if (json()) {
      print(document(outcomes).put("interrupted", stopped));
    } else {
      show(outcomes);
    }
    if (stopped) {
      note("interrupted; %d of %d cases were done", outcomes.size(), cases.size());
      return ExitCode.INTERRUPTED;
    }
    return count(outcomes, Status.FAILED) == 0 ? ExitCode.DONE : ExitCode.VERIFICATION_FAILED;
  }

  private Pattern pattern() {
    try {
      return Pattern.compile(filter);
    } catch (PatternSyntaxException e) {
      throw new UsageException(
          "--filter '%s' is no regular expression: %s".formatted(filter, e.getDescription()));
    }
  }

  private void progress(CaseOutcome outcome, int done, int all) {
    if (outcome.status() == Status.FAILED) {
      detail("%s: %s", outcome.name(), outcome.reason());
    }
    if (done % PROGRESS == 0) {
      note("%d of %d cases", done, all);
    }
  }

  private static long count(List<CaseOutcome> outcomes, Status status) {
    return outcomes.stream().filter(outcome -> outcome.status() == status).count();
  }

  private static ObjectNode document(List<CaseOutcome> outcomes) {
    ObjectNode document = object();
    document.put("total", outcomes.size());
    document.put("passed", count(outcomes, Status.PASSED));
    document.put("failed", count(outcomes, Status.FAILED));
    document.put("skipped", count(outcomes, Status.SKIPPED));
    reasons(document.putArray("failures"), outcomes, Status.FAILED);
    reasons(document.putArray("skips"), outcomes, Status.SKIPPED);
    ObjectNode fixed = document.putObject("fixed_inputs");
    outcomes.stream()
        .filter(outcome -> !outcome.fixedInputs().isEmpty())
        .forEach(
            outcome -> {
              ArrayNode names = fixed.putArray(outcome.name());
              outcome.fixedInputs().forEach(names::add);
            });
    ObjectNode operators = document.putObject("operators");
    OperatorTally.of(outcomes)
        .forEach(
            (operator, tally) ->
                operators
                    .putObject(operator)
                    .put("passed", tally.passed())
                    .put("failed", tally.failed())
                    .put("skipped", tally.skipped()));
    return document;
  }

  private static void reasons(ArrayNode array, List<CaseOutcome> outcomes, Status status) {
    outcomes.stream()
        .filter(outcome -> outcome.status() == status)
        .forEach(
            outcome ->
                array.addObject().put("case", outcome.name()).put("reason", outcome.reason()));
  }

  private void show(List<CaseOutcome> outcomes) {
    line("%-32s %7s %7s %7s", "operator", "passed", "failed", "skipped");
    for (Map.Entry<String, OperatorTally> entry : OperatorTally.of(outcomes).entrySet()) {
      OperatorTally tally = entry.getValue();
      line("%-32s %7d %7d %7d", entry.getKey(), tally.passed(), tally.failed(), tally.skipped());
    }
    for (Status status : List.of(Status.SKIPPED, Status.FAILED)) {
      outcomes.stream()
          .filter(outcome -> outcome.status() == status)
          .forEach(
              outcome ->
                  line(
                      "%s %s: %s",
                      status == Status.FAILED ? "failed" : "skipped",
                      outcome.name(),
                      outcome.reason()));
    }
    line(
        "%d cases: %d passed (%d of them compiled for the contents of an input), %d failed, %d"
            + " skipped",
        outcomes.size(),
        count(outcomes, Status.PASSED),
        outcomes.stream()
            .filter(o -> o.status() == Status.PASSED && !o.fixedInputs().isEmpty())
            .count(),
        count(outcomes, Status.FAILED),
        count(outcomes, Status.SKIPPED));
  }
}
