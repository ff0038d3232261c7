package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** Tensors in JSON documents. */
final class TensorNodes {

  private TensorNodes() {}

  /** Fills in name, dtype and shape; sizes that are open are texts. */
  static ObjectNode describe(ObjectNode node, String name, TensorType type) {
    node.put("name", name);
    node.put("dtype", type.dtype().toString());
    ArrayNode shape = node.putArray("shape");
    for (Dim dim : type.shape()) {
      if (dim.isKnown()) {
        shape.add(dim.value());
      } else {
        shape.add(dim.toString());
      }
    }
    return node;
  }
}
