package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.InvalidPathException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jtvmc.codegen.driver.CudaUnavailableException;
import org.jtvmc.codegen.load.LibraryException;
import org.jtvmc.codegen.load.UnsupportedCpuException;
import org.jtvmc.compiler.artifact.ArtifactException;
import org.jtvmc.compiler.npz.NpzException;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.plugin.PluginException;
import org.jtvmc.compiler.target.TargetException;
import org.jtvmc.compiler.target.TargetSyntaxException;
import org.jtvmc.ir.text.ParseException;
import org.jtvmc.ir.type.TypeException;
import org.jtvmc.tuner.record.RecordException;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns exceptions into one sentence for a person and an exit code. */
final class ErrorReport {

  private ErrorReport() {}

  /** A command line that is not understood. */
  static int wrongUsage(ParameterException e, String[] arguments) {
    StringBuilder message = new StringBuilder(fault(e));
    if (e instanceof UnmatchedArgumentException unmatched) {
      String typed = unmatched.getUnmatched().getFirst();
      List<String> suggestions =
          unmatched.getSuggestions().stream().filter(name -> isClose(typed, name)).toList();
      if (!suggestions.isEmpty()) {
        message.append("; did you mean ").append(String.join(" or ", suggestions)).append('?');
      }
    }
    CommandLine command = e.getCommandLine();
    message.append(" (see ").append(command.getCommandSpec().qualifiedName()).append(" --help)");
    report(command, List.of(arguments), message.toString(), ExitCode.USAGE);
    return ExitCode.USAGE;
  }

  private static String fault(ParameterException e) {
    if (e instanceof UnmatchedArgumentException unmatched) {
      String typed = unmatched.getUnmatched().getFirst();
      if (unmatched.isUnknownOption()) {
        return "there is no option " + typed;
      }
      return e.getCommandLine().getParent() == null
          ? "there is no verb '%s'".formatted(typed)
          : "'%s' is more than the verb takes".formatted(typed);
    }
    ArgSpec argument = e.getArgSpec();
    Class<?> type = argument == null ? Void.class : argument.auxiliaryTypes()[0];
    if (type.isEnum() && e.getValue() != null) {
      String name =
          argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
      return "%s is '%s'; known are %s"
          .formatted(
              name,
              e.getValue(),
              Stream.of(type.getEnumConstants())
                  .map(known -> known.toString().toLowerCase(Locale.ROOT))
                  .collect(Collectors.joining(", ")));
    }
    return e.getMessage();
  }

  /**
   * Whether a name may have been meant: what was typed is its beginning, or a third off at most.
   */
  private static boolean isClose(String typed, String name) {
    return name.startsWith(typed) || distance(typed, name) <= Math.max(typed.length() / 3, 1);
  }

  /** How many characters one inserts, removes or exchanges to make one of the other. */
  private static int distance(String from, String to) {
    int[] row = IntStream.rangeClosed(0, to.length()).toArray();
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int exchanged = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(exchanged, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }

  /** A verb that failed. */
  static int failed(Exception e, CommandLine command, List<String> arguments) {
    int code = exitCode(e);
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    if (code == ExitCode.INTERNAL_ERROR) {
      message =
          "internal error: %s; please report it with the command and the output of --verbose"
              .formatted(e);
    } else if (code == ExitCode.USAGE) {
      message += " (see " + command.getCommandSpec().qualifiedName() + " --help)";
    }
    report(command, arguments, message, code);
    if (arguments.contains("--verbose")) {
      e.printStackTrace(command.getErr());
    }
    return code;
  }

  private static int exitCode(Exception e) {
    return switch (e) {
      case ModelException _,
          ArtifactException _,
          LibraryException _,
          NpzException _,
          PluginException _,
          RecordException _,
          ParseException _,
          TypeException _,
          IOException _,
          UncheckedIOException _ ->
          ExitCode.MODEL;
      case TargetException _, UnsupportedCpuException _, CudaUnavailableException _ ->
          ExitCode.NO_DEVICE;
      case TargetSyntaxException _,
          UsageException _,
          ParameterException _,
          InvalidPathException _ ->
          ExitCode.USAGE;
      default -> ExitCode.INTERNAL_ERROR;
    };
  }

  private static void report(
      CommandLine command, List<String> arguments, String message, int code) {
    command.getErr().println("jtvmc: " + message.replace("\n", "; "));
    if (arguments.contains("--json")) {
      ObjectNode document = JsonNodeFactory.instance.objectNode();
      document.putObject("error").put("message", message).put("exit_code", code);
      command.getOut().println(document.toPrettyString());
    }
  }
}
