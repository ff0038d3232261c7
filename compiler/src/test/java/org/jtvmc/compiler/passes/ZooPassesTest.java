package org.jtvmc.compiler.passes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jtvmc.compiler.onnx.OnnxImporter;
import org.jtvmc.compiler.onnx.OnnxModel;
import org.jtvmc.compiler.zoo.ModelZoo;
import org.jtvmc.compiler.zoo.ZooModel;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.StructuralEquality;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.text.ModuleText;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The text form and the passes on every model of the zoo. */
final class ZooPassesTest {

  private static final ModelZoo ZOO = ModelZoo.ofUser();

  static Stream<String> names() {
    return ZOO.models().stream().map(ZooModel::name);
  }

  private static IRModule load(String name) {
    ZooModel model = ZOO.find(name);
    Map<String, List<Long>> shapes =
        model.inputs().stream()
            .collect(Collectors.toMap(ZooModel.InputShape::input, ZooModel.InputShape::shape));
    return OnnxImporter.standard().load(OnnxModel.read(ZOO.file(model)), shapes);
  }

  private static void assertParsesBack(IRModule module) {
    ModuleText text = ModuleText.of(module);
    IRModule parsed = text.parse(OperatorRegistry.standard()::find);
    assertTrue(StructuralEquality.equal(module, parsed));
    assertEquals(text.text(), ModuleText.print(parsed));
  }

  @ParameterizedTest
  @MethodSource("names")
  void modelsParseBackAndPassesAreValidAndIdempotent(String name) {
    IRModule module = load(name);
    assertParsesBack(module);
    IRModule fused =
        GraphPipeline.standard()
            .watchedBy(
                (pass, _, after, _) -> {
                  new CheckTypes().apply(after);
                  assertSame(after, pass.apply(after), pass.name() + " again changes something");
                })
            .run(module);
    assertParsesBack(fused);
    for (Expr expr : Exprs.postOrder(fused.main().body())) {
      if (expr instanceof Call call) {
        assertTrue(((Function) call.callee()).isPrimitive());
      }
    }
  }

  /** How many kernels of each kind: a change in fusion that nobody meant shows here. */
  @Test
  void minilmFusesIntoTheKernelsThatAnExpertWouldWrite() {
    IRModule fused = GraphPipeline.standard().run(load("minilm"));
    Map<String, Long> kernels =
        Exprs.postOrder(fused.main().body()).stream()
            .filter(Call.class::isInstance)
            .map(Call.class::cast)
            .filter(call -> !Views.isView(call))
            .collect(
                Collectors.groupingBy(
                    call -> ((Function) call.callee()).attributes().text("name"),
                    Collectors.counting()));
    assertEquals(
        Map.of(
            "add_add_layer_norm", 1L,
            "cast_subtract_multiply", 1L,
            "dense_bias_add_add", 12L,
            "dense_bias_add_gelu", 6L,
            "dense_bias_add_reshape_transpose", 18L,
            "layer_norm", 12L,
            "matmul_multiply_add_softmax_matmul_transpose", 6L,
            "take", 2L),
        kernels);
  }
}
