package org.jtvmc.compiler.onnx;

/** A model is not supported because its results are drawn by chance. */
public final class RandomResultException extends ModelException {
  private static final long serialVersionUID = 1L;

  public RandomResultException(ModelException fault) {
    super(fault.getMessage(), fault);
  }
}
