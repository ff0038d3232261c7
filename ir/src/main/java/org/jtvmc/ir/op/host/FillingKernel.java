package org.jtvmc.ir.op.host;

import java.util.List;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.type.Type;

/** A host kernel whose results begin as zeros, which it writes over. */
abstract class FillingKernel extends HostKernel {

  FillingKernel(String name, List<String> parameters, List<AttributeSpec> attributes) {
    super(name, parameters, attributes);
  }

  /** As {@link #evaluate}, with every declared attribute, into zeros. */
  abstract void compute(List<NDArray> inputs, Attributes attributes, List<NDArray> results);

  @Override
  List<NDArray> results(List<NDArray> inputs, Attributes attributes, Type result) {
    List<NDArray> results = types(result).stream().map(NDArray::allocate).toList();
    compute(inputs, attributes, results);
    return results;
  }
}
