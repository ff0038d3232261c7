package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jtvmc.compiler.artifact.ArtifactManifest;
import org.jtvmc.compiler.plugin.Frontend;
import org.jtvmc.compiler.source.ModelSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What every verb has: where it writes, and how much. */
@Command(
    synopsisHeading = "%nUsage: ",
    descriptionHeading = "%n",
    parameterListHeading = "%n",
    optionListHeading = "%nOptions:%n",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = JtvmcCommand.Version.class)
abstract class Verb implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Write one JSON document to standard output.", order = 90)
  private boolean json;

  @Option(names = "--quiet", description = "No progress and no notes.", order = 91)
  private boolean quiet;

  @Option(names = "--verbose", description = "More notes, and stack traces of errors.", order = 92)
  private boolean verbose;

  @Option(
      names = "--plugin",
      paramLabel = "JAR|FOLDER|CLASS",
      description = "Operators of your own: a jar, a folder of classes, or a class.",
      order = 89)
  private List<String> plugins = List.of();

  @Option(
      names = "--input-values",
      paramLabel = "\"n:3\"",
      converter = InputValues.Converter.class,
      description =
          "Numbers that inputs hold in every run, where the model has to be compiled for them:"
              + " \"axis:1 block:[2,2]\".")
  private InputValues values = InputValues.NONE;

  /** The model that {@code text} names, with the operators of the plugins. */
  ModelSource source(String text) {
    return ModelSource.of(text, Frontend.of(plugins)).withContents(values.byName());
  }

  /** The model that a library was compiled from, and for the same contents of inputs. */
  ModelSource source(ArtifactManifest.Source compiled) {
    ModelSource source = source(compiled.reference());
    return compiled.inputValues() == null ? source : source.withContents(compiled.inputValues());
  }

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** How long the program has been running. */
  Duration sinceStart() {
    return ((JtvmcCommand) spec.root().userObject()).sinceStart();
  }

  boolean json() {
    return json;
  }

  boolean quiet() {
    return quiet;
  }

  /** Where people read what no script does. */
  PrintWriter err() {
    return spec.commandLine().getErr();
  }

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  void print(JsonNode document) {
    out().println(document.toPrettyString());
  }

  /** A line on standard output for people; the format is {@link String#format}'s. */
  void line(String format, Object... arguments) {
    out().println(String.format(java.util.Locale.ROOT, format, arguments));
  }

  /** A remark on standard error. */
  void note(String format, Object... arguments) {
    if (!quiet) {
      err().println("jtvmc: " + String.format(java.util.Locale.ROOT, format, arguments));
    }
  }

  /** A remark for those who ask for more. */
  void detail(String format, Object... arguments) {
    if (verbose) {
      note(format, arguments);
    }
  }
}
