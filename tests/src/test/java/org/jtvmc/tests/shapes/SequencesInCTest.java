package org.jtvmc.tests.shapes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.link.LlvmTools;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A program in C gives a library a sequence, and is given another, whose length the run decides.
 */
class SequencesInCTest {

  @TempDir private Path folder;

  private static ValueInfoProto sequence(String name) {
    TypeProto element =
        TypeProto.newBuilder()
            .setTensorType(TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE))
            .build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setSequenceType(TypeProto.Sequence.newBuilder().setElemType(element)))
        .build();
  }

  /** Puts the first element of x behind a sequence, then the first two, and so on, n times. */
  private static ModelProto growing() {
    OnnxBuilder body = new OnnxBuilder("body", 17);
    body.input("i", DataType.INT64, new long[0]);
    body.input("on", DataType.BOOL, new long[0]);
    body.output(body.node("Identity", "on").output(), DataType.BOOL, new long[0]);
    String end = body.node("Add", "i", body.constants(1)).output();
    String part = body.node("Slice", "x", body.constants(0), end).output();
    body.node("SequenceInsert", "before", part).output("after");
    GraphProto graph =
        body.buildGraph().toBuilder()
            .addInput(sequence("before"))
            .addOutput(sequence("after"))
            .build();
    OnnxBuilder outer = new OnnxBuilder("growing", 17);
    outer.input("n", DataType.INT64, new long[0]);
    outer.input("x", DataType.FLOAT, "m");
    outer.node("Loop", "n", "", "s").graph("body", graph).output("y");
    ModelProto.Builder model = outer.build().toBuilder();
    model.getGraphBuilder().addInput(sequence("s")).addOutput(sequence("y"));
    return model.build();
  }

  @Test
  void aCProgramGivesAndIsGivenSequences() throws Exception {
    requireLibraryOfC();
    Map<String, List<String>> sizes =
        Map.of("x", List.of("m"), "s.0", List.of("a"), "s.1", List.of("b"));
    Artifact artifact = OpenLibrary.compile(folder, growing(), sizes, List.of());
    String out = artifact.library().getParent().toString();
    Path program = folder.resolve("program");
    clang(
        program,
        "-std=c11",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-I" + out,
        "src/test/c/growing_sequence.c",
        "-L" + out,
        "-l" + OpenLibrary.NAME,
        "-Wl,-rpath," + out);
    assertEquals("right: 4 42 2 4", run(program).strip());
  }

  /** Headers and start-up files are the machine's: a program that does nothing shows them. */
  private void requireLibraryOfC() throws IOException {
    Path nothing = folder.resolve("nothing.c");
    Files.writeString(nothing, "#include <stdio.h>\nint main(void) { return 0; }\n");
    try {
      clang(folder.resolve("nothing"), nothing.toString());
    } catch (CodegenException e) {
      abort("no C library to make programs with: " + e.getMessage());
    }
  }

  private static void clang(Path program, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("-o", program.toString()));
    LlvmTools.open().clang(all);
  }

  private static String run(Path program) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(program.toString()).redirectErrorStream(true).start();
    try {
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return said;
    } finally {
      process.destroyForcibly();
    }
  }
}
