package org.jtvmc.ir.op.math;

import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TypeException;

/** The element types that an elementwise operator is defined for. */
enum ElementDomain {
  ANY("any type"),
  NUMBER("numbers"),
  SIGNED("signed numbers"),
  FLOAT("floating point"),
  INTEGER("integers"),
  BOOL("bool");

  private final String text;

  ElementDomain(String text) {
    this.text = text;
  }

  private boolean contains(DType dtype) {
    return switch (this) {
      case ANY -> true;
      case NUMBER -> !dtype.isBool();
      case SIGNED -> dtype.isSigned();
      case FLOAT -> dtype.isFloat();
      case INTEGER -> dtype.isInteger();
      case BOOL -> dtype.isBool();
    };
  }

  /**
   * @throws TypeException where the type is outside
   */
  void require(DType dtype) {
    if (!contains(dtype)) {
      throw new TypeException("is defined for %s, not for %s".formatted(text, dtype));
    }
  }
}
