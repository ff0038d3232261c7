package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jtvmc.codegen.CodegenException;
import org.jtvmc.codegen.kernel.CodeListener;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.pipeline.KernelBackend;
import org.jtvmc.compiler.pipeline.TaskExtraction;
import org.jtvmc.ir.target.Target;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.ScheduleException;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.step.StepCodec;
import org.jtvmc.tuner.record.RecordStore;
import org.jtvmc.tuner.record.TuningRecord;
import org.jtvmc.tuner.task.TuningTask;

/**
 * Rebuilds the kernels of a model from its best records. The digest of each object file shows
 * whether two machines, or two versions of the compiler, make the same code of the same record.
 */
record RecordReplay(Verb verb, Machine machine, String target) {

  /** The exit code. */
  int replay(String model, RecordStore store) {
    Target chosen = machine.target(target, 0);
    List<TuningTask> tasks =
        TaskExtraction.tasks(
            GraphPipeline.standard().run(verb.source(model).load(InputShapes.NONE.byName())));
    ObjectNode document = Verb.object();
    ArrayNode list = document.putArray("tasks");
    boolean ok = true;
    try (KernelBackend compiler = KernelBackend.of(chosen, CodeListener.NONE)) {
      for (TuningTask task : tasks) {
        Optional<TuningRecord> best = store.best(task.key(chosen));
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
      entry.put("error", e.getMessage());
      return false;
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
