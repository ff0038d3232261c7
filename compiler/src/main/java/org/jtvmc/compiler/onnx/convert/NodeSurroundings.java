package org.jtvmc.compiler.onnx.convert;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.List;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;

/** What a node needs of the import that it is part of. */
public interface NodeSurroundings {

  /** Makes calls. */
  Emitter emitter();

  /** The contents of a tensor of the model. */
  NDArray tensor(TensorProto tensor);

  /** The element type of that number in ONNX. */
  DType dtype(int onnxType);

  /**
   * Converts a subgraph where it stands and gives its outputs.
   *
   * @param arguments in place of its inputs, as many as there are
   */
  List<Expr> inline(GraphProto subgraph, List<Expr> arguments);

  /** What a run decides. */
  RunTime runTime();

  /** The value of that name, where the node stands. */
  Expr value(String name);

  /** A node's results by the rule for sizes that are known. */
  List<Expr> byOrdinaryRule(OnnxNode node);

  /** A fault at a node. */
  ModelException fault(NodeProto node, String what, Throwable cause);
}
