package org.jtvmc.compiler.source;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jtvmc.compiler.onnx.ModelException;
import org.jtvmc.compiler.onnx.OnnxImporter.Unsupported;
import org.jtvmc.compiler.onnx.OnnxModel;
import org.jtvmc.compiler.onnx.OnnxTypes;
import org.jtvmc.compiler.passes.GraphPipeline;
import org.jtvmc.compiler.passes.Views;
import org.jtvmc.compiler.pipeline.ModelCompiler;
import org.jtvmc.compiler.plan.ExecutionPlan;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TensorType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;

/**
 * What can be said of a model without compiling it.
 *
 * @param parameters the number of its weights' elements
 * @param flop floating-point operations of one run; empty where the model cannot be imported as it
 *     is
 * @param operators how often each operator occurs
 * @param obstacle why it cannot be imported as it is, if it cannot
 */
public record ModelInspection(
    List<Tensor> inputs,
    List<Tensor> outputs,
    long parameters,
    OptionalDouble flop,
    SortedMap<String, Integer> operators,
    List<Unsupported> unsupported,
    Optional<String> obstacle) {

  /**
   * An input or output.
   *
   * @param shape sizes, or the names of those that are open
   */
  public record Tensor(String name, String dtype, List<String> shape) {}

  /**
   * Looks at a model.
   *
   * @throws ModelException where its file cannot be read
   */
  public static ModelInspection of(ModelSource source, Map<String, List<Long>> inputShapes) {
    return switch (source.format()) {
      case ONNX -> onnx(source, inputShapes);
      case RELAY -> relay(source, inputShapes);
    };
  }

  private static ModelInspection relay(ModelSource source, Map<String, List<Long>> inputShapes) {
    IRModule module = source.load(inputShapes);
    SortedMap<String, Integer> operators = new TreeMap<>();
    long parameters = 0;
    for (Function function : module.functions().values()) {
      for (Expr expr : Exprs.postOrder(function.body())) {
        if (expr instanceof Call call && call.callee() instanceof Operator operator) {
          operators.merge(operator.name(), 1, Integer::sum);
        } else if (expr instanceof Constant constant) {
          parameters += constant.value().elements();
        }
      }
    }
    return new ModelInspection(
        inputs(module),
        outputs(module),
        parameters,
        OptionalDouble.of(flop(module)),
        operators,
        List.of(),
        Optional.empty());
  }

  private static ModelInspection onnx(ModelSource source, Map<String, List<Long>> inputShapes) {
    OnnxModel model = OnnxModel.read(source.file());
    SortedMap<String, Integer> operators = new TreeMap<>();
    for (NodeProto node : model.nodes()) {
      String domain = node.getDomain().isEmpty() ? "" : node.getDomain() + ".";
      operators.merge(domain + node.getOpType(), 1, Integer::sum);
    }
    long parameters = 0;
    for (TensorProto tensor : model.proto().getGraph().getInitializerList()) {
      parameters += tensor.getDimsList().stream().reduce(1L, (a, b) -> a * b);
    }
    List<Unsupported> unsupported = source.frontend().importer().unsupported(model);
    Optional<String> obstacle = Optional.empty();
    if (unsupported.isEmpty()) {
      try {
        IRModule module = source.load(inputShapes);
        return new ModelInspection(
            inputs(module),
            outputs(module),
            parameters,
            OptionalDouble.of(flop(module)),
            operators,
            unsupported,
            obstacle);
      } catch (ModelException e) {
        obstacle = Optional.of(e.getMessage());
      }
    }
    return new ModelInspection(
        model.inputs().stream().map(ModelInspection::declared).toList(),
        model.proto().getGraph().getOutputList().stream().map(ModelInspection::declared).toList(),
        parameters,
        OptionalDouble.empty(),
        operators,
        unsupported,
        obstacle);
  }

  private static Tensor declared(ValueInfoProto value) {
    var tensor = value.getType().getTensorType();
    List<String> shape = new ArrayList<>();
    for (TensorShapeProto.Dimension dim : tensor.getShape().getDimList()) {
      shape.add(
          dim.hasDimValue()
              ? Long.toString(dim.getDimValue())
              : dim.getDimParam().isEmpty() ? "?" : dim.getDimParam());
    }
    return new Tensor(
        value.getName(),
        OnnxTypes.dtype(tensor.getElemType()).map(DType::toString).orElse("unsupported"),
        shape);
  }

  private static List<Tensor> inputs(IRModule module) {
    List<Tensor> inputs = new ArrayList<>();
    for (Var parameter : module.main().parameters()) {
      if (parameter.type() instanceof TensorType type) {
        inputs.add(tensor(parameter.name(), type));
      }
    }
    return inputs;
  }

  private static List<Tensor> outputs(IRModule module) {
    Type result = module.main().body().type();
    List<Type> types =
        switch (result) {
          case TensorType tensor -> List.of(tensor);
          case TupleType tuple -> tuple.fields();
        };
    List<Tensor> outputs = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      if (types.get(i) instanceof TensorType type && i < module.visibleOutputs()) {
        String name = module.outputNames().get(i);
        OptionalInt sizes = module.sizesOf(i);
        outputs.add(
            sizes.isPresent()
                ? new Tensor(name, type.dtype().toString(), decided(types.get(sizes.getAsInt())))
                : tensor(name, type));
      }
    }
    return outputs;
  }

  /** The shape of an output whose sizes a run decides. */
  private static List<String> decided(Type sizes) {
    int rank = Math.toIntExact(((TensorType) sizes).elements());
    return Collections.nCopies(rank, "?");
  }

  private static Tensor tensor(String name, TensorType type) {
    return new Tensor(
        name, type.dtype().toString(), type.shape().stream().map(Object::toString).toList());
  }

  private static double flop(IRModule module) {
    IRModule fused = GraphPipeline.standard().run(module);
    return ExecutionPlan.of(fused.main(), Views::isView).uses().stream()
        .filter(use -> use.host().isEmpty())
        .mapToDouble(use -> ModelCompiler.dag(use).flops())
        .sum();
  }
}
