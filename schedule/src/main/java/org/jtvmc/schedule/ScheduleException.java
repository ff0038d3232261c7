package org.jtvmc.schedule;

/**
 * A step that cannot be applied, or a schedule that cannot be lowered. The message is one sentence
 * that says which condition failed, followed by the stage's loops with the offending one marked.
 */
public class ScheduleException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ScheduleException(String sentence) {
    super(sentence);
  }

  /** The sentence, and the loops of {@code stage}. */
  public ScheduleException(String sentence, Stage stage) {
    this(sentence, stage, "");
  }

  /** The sentence, and the loops of {@code stage} with {@code axis} marked where it is one. */
  public ScheduleException(String sentence, Stage stage, String axis) {
    super(sentence + "\n" + stage.loops(axis));
  }

  /** What is wrong, without the loops. */
  public String sentence() {
    return getMessage().lines().findFirst().orElse("");
  }
}
