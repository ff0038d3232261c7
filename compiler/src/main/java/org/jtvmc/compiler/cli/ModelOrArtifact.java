package org.jtvmc.compiler.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jtvmc.compiler.artifact.Artifact;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.ArtifactLayout;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.source.ModelSource;

/** What stands for MODEL|OUT: a model, which is compiled now, or what was compiled before. */
final class ModelOrArtifact {

  private ModelOrArtifact() {}

  /**
   * The artifact.
   *
   * @param inputs what it is run on; says sizes that the model leaves open
   * @param scratch where a model is compiled to
   */
  static Artifact artifact(
      String text,
      CompilationOptions compilation,
      InputOptions inputs,
      Machine machine,
      Verb verb,
      Path scratch) {
    Path path = Path.of(text);
    boolean compiled =
        !ModelSource.isModel(text) && (Files.isDirectory(path) || ArtifactLayout.isLibrary(path));
    if (compiled) {
      return Artifact.open(path);
    }
    ModelSource source = verb.source(text);
    CompileOptions options =
        compilation.toRun(source, inputs.sizes(), machine, s -> verb.note("%s", s));
    verb.detail("compiling %s for %s", source.reference(), options.target());
    CompileListener listener =
        new CompileListener() {
          @Override
          public void problem(String sentence) {
            verb.note("%s", sentence);
          }
        };
    // Where the verb is interrupted, nothing else removes them.
    ArtifactLayout.of(scratch, options.name())
        .files()
        .forEach(file -> file.toFile().deleteOnExit());
    return new ArtifactCompiler(machine.host(), listener).compile(source, options, scratch);
  }
}
