package org.jtvmc.compiler.cli;

import java.io.PrintWriter;
import java.time.Duration;
import org.jtvmc.compiler.CompilerVersion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The root of the command line: this list of verbs. */
@Command(
    name = "jtvmc",
    description = "Compiles and tunes neural networks: an ONNX model in, a shared library out.",
    synopsisSubcommandLabel = "VERB",
    versionProvider = JtvmcCommand.Version.class,
    mixinStandardHelpOptions = true,
    subcommands = {
      InspectCommand.class,
      CompileCommand.class,
      TuneCommand.class,
      RunCommand.class,
      BenchCommand.class,
      VerifyCommand.class,
      RooflineCommand.class,
      TasksCommand.class,
      ConformanceCommand.class,
      OperatorsCommand.class,
      LogCommand.class,
      DatasetCommand.class,
      ZooCommand.class,
      TargetsCommand.class,
      DoctorCommand.class
    },
    footer = {
      "",
      "MODEL is an .onnx file, a .relay file, or zoo:NAME. jtvmc VERB --help explains a verb.",
      "Exit codes: 0 done, 1 internal error, 2 wrong usage, 3 the model cannot be used,",
      "4 verification failed, 5 the target is not available, 130 interrupted."
    })
final class JtvmcCommand implements Runnable {

  @Spec private CommandSpec spec;

  private final long startNanos;

  /**
   * @param startNanos when the program began, by {@link System#nanoTime}
   */
  JtvmcCommand(long startNanos) {
    this.startNanos = startNanos;
  }

  /** How long the program has been running. */
  Duration sinceStart() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  /** The compiler's version. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"jtvmc " + CompilerVersion.current()};
    }
  }

  /** Ready to execute arguments; whatever goes wrong becomes a sentence and an exit code. */
  CommandLine commandLine(PrintWriter out, PrintWriter err) {
    CommandLine line = new CommandLine(this);
    line.setOut(out);
    line.setErr(err);
    line.setUsageHelpWidth(100);
    line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
    line.setAbbreviatedOptionsAllowed(false);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(ErrorReport::wrongUsage);
    line.setExecutionExceptionHandler(
        (exception, command, parsed) ->
            ErrorReport.failed(exception, command, parsed.originalArgs()));
    return line;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Name a verb: " + String.join(", ", spec.subcommands().keySet()));
  }
}
