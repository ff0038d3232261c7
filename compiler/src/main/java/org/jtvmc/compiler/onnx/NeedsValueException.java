package org.jtvmc.compiler.onnx;

import java.util.Collection;
import java.util.List;

/** A model that can be compiled only for known contents of some of its inputs. */
public final class NeedsValueException extends ModelException {

  private static final long serialVersionUID = 1L;

  private final transient List<String> inputs;

  /**
   * @param fault where and why
   * @param inputs the names of the model's inputs that it depends on
   */
  public NeedsValueException(ModelException fault, Collection<String> inputs) {
    super(fault.getMessage(), fault);
    this.inputs = List.copyOf(inputs);
  }

  /** The names of the model's inputs whose contents it depends on. */
  public List<String> inputs() {
    return inputs;
  }
}
