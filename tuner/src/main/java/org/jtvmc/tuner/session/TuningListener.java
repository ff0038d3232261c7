package org.jtvmc.tuner.session;

/** Hears how a session goes. Never called while something is being measured. */
public interface TuningListener {

  /** After each round of a task. */
  void progress(TuningProgress progress);

  /** Something a person should know: one sentence, but for a failure that is shown whole. */
  void message(String text);

  /** Says nothing. */
  static TuningListener silent() {
    return new TuningListener() {
      @Override
      public void progress(TuningProgress progress) {}

      @Override
      public void message(String text) {}
    };
  }
}
