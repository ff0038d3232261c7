package org.jtvmc.tests.operators;

import ai.onnx.proto.OnnxMl.ModelProto;
import java.util.LinkedHashMap;
import java.util.Map;

/** One small model of each operator that is tested here, for tests of other kinds. */
public final class OperatorModels {
  private static final int MOST_BYTES = 4096;

  private OperatorModels() {}

  /** By the operator's name; where the first model that is drawn is large, a later one. */
  public static Map<String, ModelProto> small() {
    Map<String, ModelProto> models = new LinkedHashMap<>();
    OperatorCase.evaluated()
        .forEach(
            operator -> {
              for (int trial = 0; trial < 20 && !models.containsKey(operator.name()); trial++) {
                ModelProto model = operator.draw().apply(new Draw(operator.seed(trial))).proto();
                if (model.getSerializedSize() <= MOST_BYTES) {
                  models.put(operator.name(), model);
                }
              }
            });
    return models;
  }
}
