package org.jtvmc.tuner.measure.worker;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of a process of this program: the same JDK, the same classes, the same folder
 * for temporary files.
 */
public final class JavaCommand {

  /** Native code is called; it starts soon, and leaves no files behind where it crashes. */
  private static final List<String> OPTIONS =
      List.of(
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:-UsePerfData",
          "-XX:ErrorFile=/dev/null",
          "-XX:-CreateCoredumpOnCrash",
          "-Xss16m");

  private JavaCommand() {}

  /**
   * The command.
   *
   * @param options of the JVM, beside those that all such processes have
   * @param mainClass by its name
   */
  public static List<String> of(List<String> options, String mainClass, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(OPTIONS);
    command.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
    command.addAll(arguments);
    return command;
  }

  /**
   * The same for a process that Ctrl-C does not end. A terminal sends it to all that run there: the
   * parent decides what becomes of the others, and what they do meanwhile must not seem to fail.
   */
  public static List<String> deafToInterrupts(
      List<String> options, String mainClass, List<String> arguments) {
    List<String> command =
        new ArrayList<>(List.of("/bin/sh", "-c", "trap '' INT; exec \"$0\" \"$@\""));
    command.addAll(of(options, mainClass, arguments));
    return command;
  }
}
