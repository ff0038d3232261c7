package org.jtvmc.compiler.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jtvmc.compiler.onnx.OnnxImporter;
import org.jtvmc.compiler.onnx.OnnxModel;
import org.jtvmc.compiler.zoo.ZooModel.InputShape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every model of the zoo becomes typed graph IR with the output types that ONNX Runtime gives. */
class ZooImportTest {

  private static final ModelZoo ZOO = ModelZoo.ofUser();

  static Stream<Arguments> outputTypes() {
    var classes = "Tensor[(1, 1000), float32]";
    return Stream.of(
        Arguments.of("minilm", "Tensor[(1, 128, 384), float32]"),
        Arguments.of("minilm-int8", "Tensor[(1, 128, 384), float32]"),
        Arguments.of("ppocr-det", "Tensor[(1, 1, 320, 320), float32]"),
        Arguments.of("ppocr-rec", "Tensor[(1, 40, 6625), float32]"),
        Arguments.of("ppocr-cls", "Tensor[(1, 2), float32]"),
        Arguments.of("ppocr-det-v4", "Tensor[(1, 1, 320, 320), float32]"),
        Arguments.of("ppocr-rec-v4", "Tensor[(1, 40, 6625), float32]"),
        Arguments.of("resnet18", classes),
        Arguments.of("resnet50", classes),
        Arguments.of("resnet101", classes),
        Arguments.of("mobilenetv2", classes),
        Arguments.of("bert-base", "(Tensor[(1, 128, 768), float32], Tensor[(1, 768), float32])"));
  }

  @ParameterizedTest
  @MethodSource("outputTypes")
  void isTypedAfterTheImport(String name, String type) {
    var model = ZOO.find(name);

    var module =
        OnnxImporter.standard().load(OnnxModel.read(ZOO.file(model)), shapes(model.inputs()));

    assertEquals(type, module.main().resultType().toString());
  }

  private static Map<String, List<Long>> shapes(List<InputShape> inputs) {
    return inputs.stream().collect(Collectors.toMap(InputShape::input, InputShape::shape));
  }
}
