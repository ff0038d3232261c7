package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;

/**
 * RNN, GRU and LSTM, step by step. What the input contributes to all gates of all steps is one
 * matrix product before the first step.
 *
 * <p>Sequences are {@code [length, batch, input]}, with {@code layout = 1} {@code [batch, length,
 * input]}; weights {@code [directions, gates * hidden, input]}.
 */
final class RecurrentNetworks {

  private RecurrentNetworks() {}

  static List<Conversion> all() {
    return List.of(
        new Conversion("", "RNN", 1, node -> convert(node, 1, List.of("Tanh"))),
        new Conversion("", "GRU", 1, node -> convert(node, 3, List.of("Sigmoid", "Tanh"))),
        new Conversion(
            "", "LSTM", 1, node -> convert(node, 4, List.of("Sigmoid", "Tanh", "Tanh"))));
  }

  /** What one step hands to the next; {@code cell} in an LSTM only. */
  private record State(Expr hidden, Optional<Expr> cell) {}

  /** One direction's operands. */
  private record Direction(
      Expr recurrent, Expr inputBias, Expr recurrentBias, Optional<Expr> peepholes, int index) {}

  /** What one direction gives: every step's hidden value, and the last state. */
  private record Sequence(Expr all, State last) {}

  private static List<Expr> convert(OnnxNode node, int gates, List<String> defaults) {
    Composer c = new Composer(node);
    boolean batchFirst = node.integer("layout", 0) == 1;
    Expr x = batchFirst ? c.transpose(node.input(0), 1, 0, 2) : node.input(0);
    String order = node.text("direction", "forward");
    int directions = order.equals("bidirectional") ? 2 : 1;
    List<Sequence> sequences = new ArrayList<>();
    for (int d = 0; d < directions; d++) {
      boolean backwards = order.equals("reverse") || d == 1;
      sequences.add(run(node, c, x, d, gates, backwards, defaults));
    }
    // [length, directions, batch, hidden]
    Expr all = c.concat(1, sequences.stream().map(s -> c.expandDims(s.all, 1)).toList());
    Expr hidden = c.concat(0, sequences.stream().map(s -> c.expandDims(s.last.hidden, 0)).toList());
    List<Expr> outputs = new ArrayList<>();
    outputs.add(batchFirst ? c.transpose(all, 2, 0, 1, 3) : all);
    outputs.add(batchFirst ? c.transpose(hidden, 1, 0, 2) : hidden);
    if (gates == 4) {
      Expr cell =
          c.concat(
              0, sequences.stream().map(s -> c.expandDims(s.last.cell.orElseThrow(), 0)).toList());
      outputs.add(batchFirst ? c.transpose(cell, 1, 0, 2) : cell);
    }
    return outputs;
  }

  private static Sequence run(
      OnnxNode node,
      Composer c,
      Expr x,
      int d,
      int gates,
      boolean backwards,
      List<String> defaults) {
    long length = c.size(x, 0);
    long batch = c.size(x, 1);
    long hidden = c.size(node.input(2), 2);
    Expr weights = c.squeeze(c.slice(node.input(1), 0, d, d + 1), 0);
    Direction direction = direction(node, c, d, gates, hidden);
    Expr fromInput =
        c.add(
            node.call("nn.dense", Attributes.builder().put("transpose_weight", true), x, weights),
            direction.inputBias);
    State state =
        new State(
            initial(node, c, 5, d, batch, hidden),
            gates == 4 ? Optional.of(initial(node, c, 6, d, batch, hidden)) : Optional.empty());
    Cell cell = new Cell(node, c, direction, RecurrentActivations.of(node, d, defaults), hidden);
    Expr[] all = new Expr[(int) length];
    for (long step = 0; step < length; step++) {
      long t = backwards ? length - 1 - step : step;
      // A position that is an operand: all steps then share their kernels.
      Expr gatesOfStep = c.take(fromInput, node.value(DType.I64, t), 0);
      State next = cell.step(gates, gatesOfStep, state);
      Expr shown = next.hidden;
      if (node.has(4)) {
        Expr inside =
            c.reshape(
                node.call("less", node.value(DType.I64, t), c.cast(node.input(4), DType.I64)),
                batch,
                1);
        State before = state;
        shown = c.where(inside, next.hidden, c.scalar(next.hidden, 0));
        next =
            new State(
                c.where(inside, next.hidden, before.hidden),
                next.cell.map(value -> c.where(inside, value, before.cell.orElseThrow())));
      }
      all[(int) t] = c.expandDims(shown, 0);
      state = next;
    }
    return new Sequence(c.concat(0, List.of(all)), state);
  }

  private static Direction direction(OnnxNode node, Composer c, int d, int gates, long hidden) {
    DType dtype = node.type(0).dtype();
    Expr recurrent = c.squeeze(c.slice(node.input(2), 0, d, d + 1), 0);
    long width = gates * hidden;
    Expr none = c.zeros(dtype, List.of(width));
    Optional<Expr> bias = node.optional(3).map(b -> c.squeeze(c.slice(b, 0, d, d + 1), 0));
    return new Direction(
        recurrent,
        bias.map(b -> c.slice(b, 0, 0, width)).orElse(none),
        bias.map(b -> c.slice(b, 0, width, 2 * width)).orElse(none),
        node.optional(7).map(p -> c.squeeze(c.slice(p, 0, d, d + 1), 0)),
        d);
  }

  private static Expr initial(
      OnnxNode node, Composer c, int input, int d, long batch, long hidden) {
    if (!node.has(input)) {
      return c.zeros(node.type(0).dtype(), List.of(batch, hidden));
    }
    Expr given = node.input(input);
    if (node.integer("layout", 0) == 1) {
      given = c.transpose(given, 1, 0, 2);
    }
    return c.squeeze(c.slice(given, 0, d, d + 1), 0);
  }

  /** One step of one direction. */
  private record Cell(
      OnnxNode node,
      Composer c,
      Direction direction,
      List<RecurrentActivations.Function> functions,
      long hidden) {

    State step(int gates, Expr fromInput, State state) {
      return switch (gates) {
        case 1 -> new State(apply(0, c.add(fromInput, recurrent(state.hidden))), Optional.empty());
        case 3 -> gru(fromInput, state.hidden);
        default -> lstm(fromInput, state);
      };
    }

    private Expr recurrent(Expr value) {
      return c.add(product(value, direction.recurrent), direction.recurrentBias);
    }

    private Expr product(Expr value, Expr weights) {
      return node.call(
          "nn.dense", Attributes.builder().put("transpose_weight", true), value, weights);
    }

    /** Gates update, reset, hidden. */
    private State gru(Expr fromInput, Expr before) {
      Expr update;
      Expr candidate;
      if (node.flag("linear_before_reset", false)) {
        Expr fromState = recurrent(before);
        update = apply(0, c.add(gate(fromInput, 0), gate(fromState, 0)));
        Expr reset = apply(0, c.add(gate(fromInput, 1), gate(fromState, 1)));
        candidate = apply(1, c.add(gate(fromInput, 2), c.multiply(reset, gate(fromState, 2))));
      } else {
        Expr twoGates = c.slice(direction.recurrent, 0, 0, 2 * hidden);
        Expr fromState =
            c.add(product(before, twoGates), c.slice(direction.recurrentBias, 0, 0, 2 * hidden));
        update = apply(0, c.add(gate(fromInput, 0), gate(fromState, 0)));
        Expr reset = apply(0, c.add(gate(fromInput, 1), gate(fromState, 1)));
        Expr ownGate = c.slice(direction.recurrent, 0, 2 * hidden, 3 * hidden);
        Expr own =
            c.add(
                product(c.multiply(reset, before), ownGate),
                c.slice(direction.recurrentBias, 0, 2 * hidden, 3 * hidden));
        candidate = apply(1, c.add(gate(fromInput, 2), own));
      }
      Expr mixed = c.add(c.multiply(c.subtract(1, update), candidate), c.multiply(update, before));
      return new State(mixed, Optional.empty());
    }

    /** Gates input, output, forget, cell; peepholes input, output, forget. */
    private State lstm(Expr fromInput, State state) {
      Expr before = state.cell.orElseThrow();
      Expr all = c.add(fromInput, recurrent(state.hidden));
      Expr input = apply(0, peep(gate(all, 0), 0, before));
      Expr forget =
          node.flag("input_forget", false)
              ? c.subtract(1, input)
              : apply(0, peep(gate(all, 2), 2, before));
      Expr candidate = apply(1, gate(all, 3));
      Expr cell = c.add(c.multiply(forget, before), c.multiply(input, candidate));
      Expr output = apply(0, peep(gate(all, 1), 1, cell));
      return new State(c.multiply(output, apply(2, cell)), Optional.of(cell));
    }

    private Expr peep(Expr gate, int which, Expr cell) {
      return direction
          .peepholes
          .map(
              weights ->
                  c.add(
                      gate,
                      c.multiply(c.slice(weights, 0, which * hidden, (which + 1) * hidden), cell)))
          .orElse(gate);
    }

    private Expr gate(Expr all, long which) {
      return c.slice(all, c.rank(all) - 1L, which * hidden, (which + 1) * hidden);
    }

    private Expr apply(int function, Expr value) {
      double clip = node.real("clip", 0);
      Expr clipped =
          clip > 0
              ? node.call(
                  "clip", Attributes.builder().put("a_min", -clip).put("a_max", clip), value)
              : value;
      return functions.get(function).apply(c, function < 2 ? clipped : value);
    }
  }

  /** The name as ONNX compares them: whatever the case. */
  static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
