package org.jtvmc.ir.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.data.SafeTensors;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;

/**
 * A module as text, and the constants that the text only names.
 *
 * <p>The text of a module parses back to a structurally equal one, labels included. In a file the
 * constants lie beside it under the same name, with the ending {@value #WEIGHTS}.
 *
 * @param constants by the names in {@code const["..."]}
 */
public record ModuleText(String text, Map<String, NDArray> constants) {

  private static final String WEIGHTS = ".safetensors";

  /** Prints a module. */
  public static ModuleText of(IRModule module) {
    ModulePrinter printer = new ModulePrinter();
    printer.print(module);
    return new ModuleText(printer.text(), printer.constants());
  }

  /** Prints a module for people to read; its large constants are only named. */
  public static String print(IRModule module) {
    return of(module).text;
  }

  /** Prints one function for people to read. */
  public static String print(Function function) {
    ModulePrinter printer = new ModulePrinter();
    printer.print(function);
    return printer.text();
  }

  /**
   * Parses the text and infers the types of all that is in it.
   *
   * @throws ParseException where it is no module; with every syntax error, or the first other one
   */
  public IRModule parse(OperatorLookup operators) {
    return new ModuleParser(operators, constants).parse(text);
  }

  /** Parses a text whose constants are all written in it. */
  public static IRModule parse(String text, OperatorLookup operators) {
    return new ModuleText(text, Map.of()).parse(operators);
  }

  /** Writes the text, and the constants beside it where there are any. */
  public void write(Path file) throws IOException {
    if (!constants.isEmpty()) {
      SafeTensors.write(weightsBeside(file), constants);
    }
    Files.writeString(file, text);
  }

  /**
   * Reads a file that {@link #write} wrote. Constants are mapped, not copied.
   *
   * @throws IOException where a file cannot be read or the constants' file is malformed
   */
  public static ModuleText read(Path file) throws IOException {
    Path weights = weightsBeside(file);
    return new ModuleText(
        Files.readString(file), Files.exists(weights) ? SafeTensors.map(weights) : Map.of());
  }

  private static Path weightsBeside(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return file.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + WEIGHTS);
  }
}
