package org.jtvmc.tests.operators;

import java.util.List;
import org.jtvmc.ir.type.DType;

/** Attention, and positions that are rotated in. */
final class AttentionCases {

  private AttentionCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("Attention", AttentionCases::attention),
        OperatorCase.of("RotaryEmbedding", AttentionCases::rotary));
  }

  private static OneNodeModel attention(Draw d) {
    int batch = d.between(1, 2);
    int heads = d.between(1, 2);
    int group = d.between(1, 2);
    int queries = d.between(1, 4);
    int keys = d.between(1, 4);
    int size = 4;
    OneNodeModel model =
        new OneNodeModel("Attention")
            .opset(23)
            .input(d.floats(batch, heads * group, queries, size))
            .input(d.floats(batch, heads, keys, size))
            .input(d.floats(batch, heads, keys, size));
    if (d.coin()) {
      model.input(d.floats(queries, keys));
    }
    return d.coin() ? model.real("softcap", 2) : model;
  }

  private static OneNodeModel rotary(Draw d) {
    int batch = d.between(1, 2);
    int length = d.between(1, 4);
    int size = 2 * d.between(1, 4);
    return new OneNodeModel("RotaryEmbedding")
        .opset(23)
        .input(d.floats(batch, d.between(1, 3), length, size))
        .weight(d.floats(8, size / 2))
        .weight(d.floats(8, size / 2))
        .input(d.integers(DType.I64, 0, 7, batch, length))
        .flag("interleaved", d.coin());
  }
}
