package org.jtvmc.tests.operators;

import java.util.List;
import org.jtvmc.ir.type.DType;

/** Recurrent networks: every direction, with and without what is optional. */
final class RecurrentCases {

  private RecurrentCases() {}

  static List<OperatorCase> all() {
    return List.of(
        OperatorCase.of("RNN", d -> network(d, "RNN", 1)),
        OperatorCase.of("GRU", d -> network(d, "GRU", 3).flag("linear_before_reset", d.coin())),
        OperatorCase.of("LSTM", d -> network(d, "LSTM", 4).outputs(3)));
  }

  private static OneNodeModel network(Draw d, String name, int gates) {
    String direction = d.choose("forward", "reverse", "bidirectional");
    int directions = direction.equals("bidirectional") ? 2 : 1;
    int length = d.between(1, 4);
    int batch = d.between(1, 3);
    int input = d.between(1, 4);
    int hidden = d.between(1, 4);
    OneNodeModel model =
        new OneNodeModel(name)
            .outputs(2)
            .text("direction", direction)
            .integer("hidden_size", hidden)
            .input(d.floats(length, batch, input))
            .weight(d.reals(DType.F32, -1, 1, directions, gates * hidden, input))
            .weight(d.reals(DType.F32, -1, 1, directions, gates * hidden, hidden));
    if (d.coin()) {
      model.weight(d.reals(DType.F32, -1, 1, directions, 2 * gates * hidden));
    } else {
      model.absent();
    }
    if (d.coin()) {
      model.input(d.integers(DType.I32, 1, length, batch));
    } else {
      model.absent();
    }
    return model.input(d.reals(DType.F32, -1, 1, directions, batch, hidden));
  }
}
