package org.jtvmc.tests.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.jtvmc.codegen.llvm.HostCpu;
import org.jtvmc.compiler.lower.FunctionLowering;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.interpret.TensorEvaluator;
import org.jtvmc.ir.op.OperatorRegistry;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.ir.text.ModuleText;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.lower.Lowering;
import org.jtvmc.schedule.space.DesignSpace;
import org.jtvmc.tests.device.DeviceThreads;
import org.jtvmc.tests.device.EmulatedKernel;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On GPUs a softmax that a product takes, as in attention, is one launch, and the product one. */
class SoftmaxProductTest {

  @ParameterizedTest
  @ValueSource(strings = {"float16", "float32"})
  void aSoftmaxBeforeAProductIsOneLaunch(String type) {
    String text =
        """
        def @main(%%x: Tensor[(2, 32, 64), float32], %%w: Tensor[(2, 64, 40), %s])
            -> Tensor[(2, 32, 40), float32] {
          %%0 = nn.softmax(%%x, axis=-1);
          %%1 = cast(%%0, dtype=%s);
          nn.matmul(%%1, %%w, out_dtype=float32)
        }
        """
            .formatted(type, type);
    var module = ModuleText.parse(text, OperatorRegistry.standard()::find);
    ComputeDag dag = FunctionLowering.lower(module.main(), _ -> false);
    CudaTarget gpu = CudaTarget.typical(90);
    var lowered =
        Lowering.lower(DesignSpace.of(dag, gpu).defaultCandidate().schedule(), "attention");
    EmulatedKernel kernel =
        new EmulatedKernel(lowered, gpu, HostCpu.detect().target(), DeviceThreads.build());
    assertEquals(2, kernel.kernel().launches().size());
    Map<Tensor, NDArray> inputs = NarrowProduct.inputs(dag);
    NDArray expected = TensorEvaluator.evaluate(dag.outputs(), inputs).getFirst();
    NDArray actual = kernel.run(inputs).getFirst();
    for (long i = 0; i < actual.elements(); i++) {
      assertEquals(expected.getDouble(i), actual.getDouble(i), 1e-2, "element " + i);
    }
  }
}
