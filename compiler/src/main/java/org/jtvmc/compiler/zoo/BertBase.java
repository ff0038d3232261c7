package org.jtvmc.compiler.zoo;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import org.jtvmc.compiler.onnx.OnnxBuilder;

/**
 * BERT base (12 layers, 768 wide, 12 heads) with pooler, in the nodes that PyTorch's exporter
 * writes: layer normalisation and GELU in their parts, shapes computed from the inputs'.
 *
 * @see <a href="https://arxiv.org/abs/1810.04805">Devlin et al., BERT: Pre-training of Deep
 *     Bidirectional Transformers</a>
 */
final class BertBase implements ZooModel.Architecture {

  private static final long SEED = 12;
  private static final long LAYERS = 12;
  private static final long HIDDEN = 768;
  private static final long HEADS = 12;
  private static final long HEAD_SIZE = HIDDEN / HEADS;
  private static final long INNER = 3072;
  private static final long VOCABULARY = 30522;
  private static final long POSITIONS = 512;
  private static final float LAYER_NORM_EPSILON = 1e-12f;

  @Override
  public OnnxBuilder build() {
    var graph = new Writer();
    graph.write();
    return graph.model;
  }

  /** One run of the builder, with what it carries from node to node. */
  private static final class Writer {

    private final OnnxBuilder model = new OnnxBuilder("bert-base", 17);
    private final RandomWeights random = new RandomWeights(SEED);

    void write() {
      var ids = model.input("input_ids", DataType.INT64, "batch_size", "sequence_length");
      var mask = model.input("attention_mask", DataType.INT64, "batch_size", "sequence_length");
      var types = model.input("token_type_ids", DataType.INT64, "batch_size", "sequence_length");
      var bias = attentionBias(mask);
      var x = embed(ids, types);
      for (int layer = 0; layer < LAYERS; layer++) {
        x = layer("encoder.layer." + layer, x, bias);
      }
      model.node("Identity", x).output("last_hidden_state");
      model.output(
          "last_hidden_state",
          DataType.FLOAT,
          "batch_size",
          "sequence_length",
          Long.toString(HIDDEN));
      pool(x);
    }

    /** 0 where a token may be attended to, the least float32 where not; [batch, 1, 1, sequence]. */
    private String attentionBias(String mask) {
      var wide = model.node("Unsqueeze", mask, model.constants(1)).output();
      wide = model.node("Unsqueeze", wide, model.constants(2)).output();
      var real = model.node("Cast", wide).integer("to", DataType.FLOAT_VALUE).output();
      var inverse = model.node("Sub", model.constant(1f), real).output();
      return model.node("Mul", inverse, model.constant(-Float.MAX_VALUE)).output();
    }

    private String embed(String ids, String types) {
      var words = table("embeddings.word_embeddings", VOCABULARY);
      var positions = table("embeddings.position_embeddings", POSITIONS);
      var kinds = table("embeddings.token_type_embeddings", 2);
      var every = new long[(int) POSITIONS];
      for (int i = 0; i < every.length; i++) {
        every[i] = i;
      }
      var positionIds =
          model.initializer("embeddings.position_ids", new long[] {1, POSITIONS}, every);
      var used =
          model
              .node(
                  "Slice",
                  positionIds,
                  model.constants(0),
                  dimension(ids, 1),
                  model.constants(1),
                  model.constants(1))
              .output();
      var word = model.node("Gather", words, ids).output();
      var kind = model.node("Gather", kinds, types).output();
      var sum = model.node("Add", word, kind).output();
      var position = model.node("Gather", positions, used).output();
      return layerNorm("embeddings.LayerNorm", model.node("Add", sum, position).output());
    }

    private String table(String at, long rows) {
      var name = at + ".weight";
      return model.initializer(
          name,
          DataType.FLOAT,
          new long[] {rows, HIDDEN},
          random.ofVariance(name, rows * HIDDEN, 1));
    }

    private String layer(String at, String x, String bias) {
      var query = heads(linear(at + ".attention.self.query", x, HIDDEN, HIDDEN), 0, 2, 1, 3);
      var key = heads(linear(at + ".attention.self.key", x, HIDDEN, HIDDEN), 0, 2, 3, 1);
      var value = heads(linear(at + ".attention.self.value", x, HIDDEN, HIDDEN), 0, 2, 1, 3);
      var scores = model.node("MatMul", query, key).output();
      var scaled = model.node("Div", scores, model.constant((float) Math.sqrt(HEAD_SIZE))).output();
      var masked = model.node("Add", scaled, bias).output();
      var weights = model.node("Softmax", masked).integer("axis", -1).output();
      var mixed = model.node("MatMul", weights, value).output();
      var byToken = model.node("Transpose", mixed).ints("perm", 0, 2, 1, 3).output();
      var shape =
          model
              .node("Concat", dimension(byToken, 0), dimension(byToken, 1), model.constants(HIDDEN))
              .integer("axis", 0)
              .output();
      var joined = model.node("Reshape", byToken, shape).output();
      var attended = linear(at + ".attention.output.dense", joined, HIDDEN, HIDDEN);
      x = layerNorm(at + ".attention.output.LayerNorm", model.node("Add", attended, x).output());
      var inner = gelu(linear(at + ".intermediate.dense", x, HIDDEN, INNER));
      var outer = linear(at + ".output.dense", inner, INNER, HIDDEN);
      return layerNorm(at + ".output.LayerNorm", model.node("Add", outer, x).output());
    }

    /** [batch, sequence, hidden] as [batch, sequence, head, within], then transposed. */
    private String heads(String x, long... permutation) {
      var shape =
          model
              .node(
                  "Concat",
                  dimension(x, 0),
                  dimension(x, 1),
                  model.constants(HEADS),
                  model.constants(HEAD_SIZE))
              .integer("axis", 0)
              .output();
      var split = model.node("Reshape", x, shape).output();
      return model.node("Transpose", split).ints("perm", permutation).output();
    }

    /** One size of a value, as a vector of one element. */
    private String dimension(String x, long axis) {
      var shape = model.node("Shape", x).output();
      var size = model.node("Gather", shape, model.constant(axis)).integer("axis", 0).output();
      return model.node("Unsqueeze", size, model.constants(0)).output();
    }

    private String linear(String at, String x, long inputs, long outputs) {
      var product = model.node("MatMul", x, matrix(at + ".weight", inputs, outputs)).output();
      return model.node("Add", vector(at + ".bias", outputs, -0.1, 0.1), product).output();
    }

    private String layerNorm(String at, String x) {
      var mean = model.node("ReduceMean", x).ints("axes", -1).output();
      var centred = model.node("Sub", x, mean).output();
      var squared = model.node("Pow", centred, model.constant(2f)).output();
      var variance = model.node("ReduceMean", squared).ints("axes", -1).output();
      var safe = model.node("Add", variance, model.constant(LAYER_NORM_EPSILON)).output();
      var deviation = model.node("Sqrt", safe).output();
      var normal = model.node("Div", centred, deviation).output();
      var scaled = model.node("Mul", normal, vector(at + ".weight", HIDDEN, 0.8, 1.2)).output();
      return model.node("Add", scaled, vector(at + ".bias", HIDDEN, -0.1, 0.1)).output();
    }

    private String gelu(String x) {
      var scaled = model.node("Div", x, model.constant((float) Math.sqrt(2))).output();
      var erf = model.node("Erf", scaled).output();
      var shifted = model.node("Add", erf, model.constant(1f)).output();
      var product = model.node("Mul", x, shifted).output();
      return model.node("Mul", product, model.constant(0.5f)).output();
    }

    private void pool(String x) {
      var first = model.node("Gather", x, model.constant(0L)).integer("axis", 1).output();
      var weight = matrix("pooler.dense.weight", HIDDEN, HIDDEN);
      var bias = vector("pooler.dense.bias", HIDDEN, -0.1, 0.1);
      var pooled = model.node("Gemm", first, weight, bias).integer("transB", 1).output();
      model.node("Tanh", pooled).output("pooler_output");
      model.output("pooler_output", DataType.FLOAT, "batch_size", Long.toString(HIDDEN));
    }

    private String matrix(String name, long inputs, long outputs) {
      // Glorot and Bengio's scale for the shape keeps the signal's size both ways.
      return model.initializer(
          name,
          DataType.FLOAT,
          new long[] {inputs, outputs},
          random.ofVariance(name, inputs * outputs, 2.0 / (inputs + outputs)));
    }

    private String vector(String name, long size, double low, double high) {
      return model.initializer(
          name, DataType.FLOAT, new long[] {size}, random.uniform(name, size, low, high));
    }
  }
}
