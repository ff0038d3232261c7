package org.jtvmc.tests.shapes;

import ai.onnx.proto.OnnxMl.ModelProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.onnx.GivenShapes;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.target.CpuTarget;

/** Makes libraries, named {@value #NAME}, of models whose sizes are open. */
final class OpenLibrary {
  static final String NAME = "open";

  private static final CpuTarget HOST = HostCpu.detect().target();

  private OpenLibrary() {}

  /**
   * Compiles a model to the folder {@code out} in another one.
   *
   * @param shapes sizes that are names are open
   * @param specialized shapes with code of their own
   */
  static Artifact compile(
      Path folder,
      ModelProto model,
      Map<String, List<String>> shapes,
      List<Map<String, List<Long>>> specialized)
      throws IOException {
    Path file = folder.resolve("model.onnx");
    Files.write(file, model.toByteArray());
    CompileOptions options =
        CompileOptions.builder(NAME, HOST)
            .shapes(GivenShapes.parse(shapes))
            .specialized(specialized)
            .build();
    return new ArtifactCompiler(HOST, CompileListener.NONE)
        .compile(ModelSource.of(file.toString()), options, folder.resolve("out"));
  }
}
