package org.jtvmc.compiler.cli;

import org.jtvmc.tuner.session.TuningListener;
import org.jtvmc.tuner.session.TuningProgress;

/** A tuning session's progress: a line for each round, none more often than once in a while. */
final class TuningProgressLines implements TuningListener {

  private static final long PAUSE_NANOS = 1_000_000_000L;

  private final Verb verb;
  private long last = System.nanoTime() - PAUSE_NANOS;

  TuningProgressLines(Verb verb) {
    this.verb = verb;
  }

  @Override
  public void progress(TuningProgress progress) {
    long now = System.nanoTime();
    if (now - last < PAUSE_NANOS && progress.trials() < progress.plannedTrials()) {
      return;
    }
    last = now;
    verb.note(
        "task %d (%s; %d in all): %s; trial %d of %d; %s elapsed%s%s",
        progress.task(),
        progress.taskName(),
        progress.tasks(),
        speed(progress),
        progress.trials(),
        progress.plannedTrials(),
        TimeSpan.text(progress.elapsed()),
        progress.remaining().map(left -> ", " + TimeSpan.text(left) + " left").orElse(""),
        progress.modelMs().isPresent()
            ? "; model about %.2f ms".formatted(progress.modelMs().getAsDouble())
            : "");
  }

  /** A lookup or a copy computes nothing. */
  private static String speed(TuningProgress progress) {
    return progress.bestGflops() > 0
        ? "%.1f GFLOP/s, best %.1f".formatted(progress.currentGflops(), progress.bestGflops())
        : "no operations counted";
  }

  @Override
  public void message(String text) {
    verb.note("%s", text);
  }
}
