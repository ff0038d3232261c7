package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.kernel.CodeListener;
import org.jtvmc.compiler.artifact.ArtifactCompiler;
import org.jtvmc.compiler.artifact.CompileListener;
import org.jtvmc.compiler.artifact.CompileOptions;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.pipeline.KernelBackend;
import org.jtvmc.compiler.pipeline.TaskExtraction;
import org.jtvmc.compiler.pipeline.TunedSchedules;
import org.jtvmc.compiler.source.ModelSource;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.pass.PassManager;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.step.StepCodec;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.TuningRecord;
import org.jtvmc.tuner.task.TuningTask;

/**
 * Rebuilds the kernels of a model from its best records and, where asked to, the library: byte for
 * byte the one that {@code tune} built. The digest of each object file shows whether two machines,
 * or two versions of the compiler, make the same code of the same record.
 */
record RecordReplay(Verb verb, Machine machine, ReplayOptions options, Optional<Path> out) {

  /** The exit code. */
  int replay(RecordStore store) {
    ModelSource source = verb.source(options.model());
    Target target = options.target(machine);
    List<IRModule> modules = options.shapes().modules(source);
    PassManager<IRModule> pipeline = GraphPipeline.standard(options.precision(), target);
    List<TuningTask> tasks = TaskExtraction.tasks(modules.stream().map(pipeline::run).toList());
    if (tasks.stream().noneMatch(task -> store.best(task.key(target)).isPresent())) {
      verb.note(
          "no record is of a kernel of %s for %s; say --input-shapes, --specialize, --precision,"
              + " --target and --num-threads as to tune",
          options.model(), target);
    }
    ObjectNode document = Verb.object();
    ArrayNode list = document.putArray("tasks");
    boolean ok = true;
    try (KernelBackend compiler = KernelBackend.of(target, CodeListener.NONE)) {
      for (TuningTask task : tasks) {
        Optional<TuningRecord> best = store.best(task.key(target));
        ObjectNode entry = list.addObject();
        entry.put("id", task.id());
        entry.put("name", task.name());
        entry.put("workload", task.workload());
        entry.put("recorded", best.isPresent());
        if (best.isPresent()) {
          ok &= rebuild(task, best.get(), compiler, entry);
        }
        if (!verb.json()) {
          verb.line(
              "%4d  %s  %s",
              task.id(),
              entry.path("sha256").asText(entry.path("error").asText("no record")),
              task.name());
        }
      }
    }
    if (ok && out.isPresent()) {
      writeLibrary(source, modules.getFirst(), target, store, document);
    }
    document.put("ok", ok);
    if (verb.json()) {
      verb.print(document);
    }
    return ok ? ExitCode.DONE : ExitCode.VERIFICATION_FAILED;
  }

  private static boolean rebuild(
      TuningTask task, TuningRecord record, KernelBackend compiler, ObjectNode entry) {
    entry.put("best_ms", record.bestMs());
    try {
      Schedule schedule = Schedule.replay(task.dag(), StepCodec.read(record.steps()));
      byte[] code = compiler.compile(Lowering.lower(schedule, "kernel").func()).code();
      entry.put("sha256", digest(code));
      return true;
    } catch (ScheduleException | CodegenException e) {
      entry.put("error", e instanceof ScheduleException s ? s.sentence() : e.getMessage());
      return false;
    }
  }

  private void writeLibrary(
      ModelSource source,
      IRModule imported,
      Target target,
      RecordStore store,
      ObjectNode document) {
    CompileOptions compile =
        CompileOptions.builder(source.name(), target)
            .shapes(options.shapes().given())
            .specialized(options.shapes().specialized())
            .schedules(new TunedSchedules(store))
            .precision(options.precision())
            .build();
    Path library =
        new ArtifactCompiler(machine.host(), CompileListener.NONE)
            .compile(source, imported, compile, out.orElseThrow())
            .library();
    String sha256 = digest(bytes(library));
    document.put("library", library.toString());
    document.put("library_sha256", sha256);
    if (!verb.json()) {
      verb.line("      %s  %s", sha256, library);
    }
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read again", e);
    }
  }

  private static String digest(byte[] code) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(code));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
