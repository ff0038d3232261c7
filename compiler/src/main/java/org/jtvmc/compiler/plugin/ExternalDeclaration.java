package org.jtvmc.compiler.plugin;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a file {@code <name>.json} says of an operator that a C function computes.
 *
 * @param name the operator's in the graph IR: {@code example.row_norms}
 * @param domain of the ONNX nodes that mean it
 * @param operator their type
 * @param since the first version of the domain's operator set
 * @param source a C file; LLVM bitcode if it ends in {@code .bc}, an object file if in {@code .o},
 *     an archive of such if in {@code .a}; beside the declaration
 * @param function the C function's name
 * @param inputs in order
 * @param outputs in order
 * @param attributes numbers by name, with their defaults; they are handed on in this order
 */
record ExternalDeclaration(
    String name,
    String domain,
    String operator,
    int since,
    String source,
    String function,
    List<Input> inputs,
    List<Output> outputs,
    Map<String, Double> attributes) {

  /** An input: its name, its element type, how many dimensions it has. */
  record Input(String name, String dtype, int rank) {}

  /**
   * An output.
   *
   * @param shape numbers, and {@code "x.0"} for the first size of the input {@code x}
   */
  record Output(String dtype, List<JsonNode> shape) {}

  ExternalDeclaration {
    inputs = inputs == null ? List.of() : List.copyOf(inputs);
    outputs = outputs == null ? List.of() : List.copyOf(outputs);
    attributes = attributes == null ? Map.of() : attributes;
    since = Math.max(1, since);
  }

  /**
   * Reads a declaration.
   *
   * @throws PluginException where it is none, or says too little
   */
  static ExternalDeclaration read(Path file) {
    ExternalDeclaration declaration;
    try {
      declaration =
          new ObjectMapper()
              .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
              .readValue(Files.readAllBytes(file), ExternalDeclaration.class);
    } catch (IOException e) {
      String message = e.getMessage() == null ? e.toString() : e.getMessage();
      throw new PluginException(
          "%s is no declaration of an operator: %s".formatted(file, message.split("\n", 2)[0]), e);
    }
    declaration.check(file);
    return declaration;
  }

  private void check(Path file) {
    require(file, name, "name");
    require(file, operator, "operator");
    require(file, source, "source");
    require(file, function, "function");
    if (!function.matches("[A-Za-z_][A-Za-z0-9_]*")) {
      throw new PluginException("%s: '%s' is no name of a C function".formatted(file, function));
    }
    if (inputs.isEmpty() || outputs.isEmpty()) {
      throw new PluginException(
          "%s: an operator needs \"inputs\" and \"outputs\", one or more of each".formatted(file));
    }
    Path code = source(file);
    if (!Files.isRegularFile(code)) {
      throw new PluginException("%s: the source %s does not exist".formatted(file, code));
    }
  }

  private static void require(Path file, String value, String field) {
    if (value == null || value.isBlank()) {
      throw new PluginException("%s: \"%s\" is missing".formatted(file, field));
    }
  }

  /** Where the code is. */
  Path source(Path file) {
    return file.toAbsolutePath().resolveSibling(source);
  }
}
