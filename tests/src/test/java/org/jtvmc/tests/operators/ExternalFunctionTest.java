package org.jtvmc.tests.operators;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.link.LlvmTools;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.codegen.runtime.RuntimeResources;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.onnx.OnnxBuilder;
import org.jtvmc.compiler.plugin.Frontend;
import org.jtvmc.compiler.plugin.PluginException;
import org.jtvmc.compiler.run.ModelRunner;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.interpret.GraphEvaluator;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A C function is an operator: in the library, between kernels, and for the interpreter. */
class ExternalFunctionTest {
  private static final Path EXAMPLE =
      Path.of(System.getProperty("basedir", ".")).resolve("../examples/c/operator/row_norms.json");

  @TempDir private Path folder;

  @Test
  void theExampleIsPartOfTheLibrary() throws Exception {
    assertComputes(EXAMPLE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"row_norms.o", "row_norms.a", "row_norms.bc"})
  void compiledFunctionsArePartsOfTheLibraryToo(String code) throws Exception {
    Path declaration = declaration(EXAMPLE.resolveSibling("row_norms.c"), code);
    assertComputes(declaration);
  }

  @Test
  void whatAnObjectFileLacksIsOneSentence() throws Exception {
    Path printing = folder.resolve("printing.c");
    Files.writeString(
        printing,
        """
        int puts(const char* text);
        int row_norms(const void* inputs, void* outputs, const double* attributes) {
          return puts("norms");
        }
        """);
    assertRefused(declaration(printing, "row_norms.o"), "undefined symbol: puts");
    Path other = Files.writeString(folder.resolve("other.c"), "int rows(void) { return 0; }\n");
    assertRefused(declaration(other, "row_norms.o"), "has no function 'row_norms'");
    assertRefused(declaration(other, "row_norms.a"), "has no function 'row_norms'");
    Path no = declaration(other, "row_norms.o");
    Files.writeString(folder.resolve("row_norms.o"), "no object file");
    assertRefused(no, "row_norms.o");
  }

  /** The example's declaration beside its function, compiled. */
  private Path declaration(Path source, String code) throws IOException {
    Files.writeString(folder.resolve("jtvmc.h"), RuntimeResources.header("jtvmc.h"));
    List<String> flags =
        new ArrayList<>(List.of("-O2", "-fPIC", "-ffreestanding", "-fno-math-errno", "-c"));
    Path made = folder.resolve(code.endsWith(".bc") ? code : "function.o");
    if (code.endsWith(".bc")) {
      flags.add("-emit-llvm");
    }
    flags.addAll(List.of("-I" + folder, source.toString(), "-o", made.toString()));
    LlvmTools.open().clang(flags);
    if (code.endsWith(".a")) {
      Files.write(folder.resolve(code), archive(Files.readAllBytes(made)));
    } else {
      Files.copy(made, folder.resolve(code), StandardCopyOption.REPLACE_EXISTING);
    }
    Path declaration = folder.resolve("compiled.json");
    return Files.writeString(
        declaration, Files.readString(EXAMPLE).replace("\"row_norms.c\"", '"' + code + '"'));
  }

  /** A library as ar makes it, of one file and without an index. */
  private static byte[] archive(byte[] member) {
    String header = "!<arch>\n%-16s%-12d%-6d%-6d%-8s%-10d`\n";
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(
        header
            .formatted("function.o/", 0, 0, 0, "644", member.length)
            .getBytes(StandardCharsets.US_ASCII));
    bytes.writeBytes(member);
    return bytes.toByteArray();
  }

  private static void assertRefused(Path declaration, String expected) {
    String message =
        assertThrows(PluginException.class, () -> Frontend.of(List.of(declaration.toString())))
            .getMessage();
    assertTrue(message.contains(expected) && !message.contains("\n"), message);
  }

  private void assertComputes(Path declaration) throws Exception {
    Path file = folder.resolve("norms.onnx");
    OnnxBuilder model = new OnnxBuilder("norms", 17);
    String x = model.input("x", DataType.FLOAT, 3, 2);
    String positive = model.node("Relu", x).output();
    String norms =
        model.node("RowNorms", positive).domain("com.example").real("least", 1.5f).output();
    model.output(model.node("Div", positive, norms).output(), DataType.FLOAT, 3, 2);
    ModelProto.Builder proto = model.build().toBuilder();
    proto.addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("com.example").setVersion(1));
    Files.write(file, proto.build().toByteArray());
    ModelSource source =
        ModelSource.of(file.toString(), Frontend.of(List.of(declaration.toString())));
    NDArray input = NDArray.allocate(TensorType.of(DType.F32, 3, 2));
    double[] elements = {3, 4, -1, 0.5, 0, 6};
    for (int i = 0; i < elements.length; i++) {
      input.setDouble(i, elements[i]);
    }

    CpuTarget host = HostCpu.detect().target();
    CompileOptions options = CompileOptions.builder("norms", host).build();
    try (ModelRunner runner =
        new ArtifactCompiler(host, CompileListener.NONE)
            .compile(source, options, folder.resolve("out"))
            .load(1)) {
      assertElements(runner.run(List.of(input)).getFirst());
    }
    IRModule module = source.load(Map.of());
    assertElements(GraphEvaluator.outputs(module, List.of(input)).getFirst());
  }

  /** Norms of 5, of 0.5 and so at least 1.5, and of 6. */
  private static void assertElements(NDArray actual) {
    double[] expected = {0.6, 0.8, 0, 0.5 / 1.5, 0, 1};
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual.getDouble(i), 1e-6);
    }
  }

  @ParameterizedTest(name = "{2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "function": "row_norms"     | "function": "no_such"   | has no function 'no_such'
          "source": "row_norms.c"     | "source": "missing.c"   | missing.c does not exist
          "name": "example.row_norms" | "title": "x"            | is no declaration of an operator
          "operator": "RowNorms"      | "operator": ""          | "operator" is missing
          "function": "row_norms"     | "function": "a b"       | 'a b' is no name of a C function
          """)
  void aWrongDeclarationIsOneSentence(String right, String wrong, String expected)
      throws Exception {
    Path code = EXAMPLE.resolveSibling("row_norms.c");
    Files.copy(code, folder.resolve("row_norms.c"));
    Path declaration = folder.resolve("wrong.json");
    Files.writeString(declaration, Files.readString(EXAMPLE).replace(right, wrong));

    assertRefused(declaration, expected);
  }
}
