package org.jtvmc.compiler.onnx;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The element types that each ONNX operator takes, in the words of {@code docs/operators.md}. */
final class ElementTypes {

  private static final String FLOATS = "floats";
  private static final String NUMBERS = "numbers";
  private static final String INTEGERS = "integers";
  private static final String BOOL = "bool";
  private static final String ANY = "any";
  private static final String ANY_OR_TEXT = "any, text";
  private static final String TEXT = "text";
  private static final String QUANTIZED = "integers of 8 bits";

  /** The operators of each domain that take the same types, by their names. */
  private static final Map<String, List<String>> GROUPS =
      Map.of(
          FLOATS,
          List.of(
              """
              Acos Acosh AffineGrid Asin Asinh Atan Atanh Attention AveragePool BatchNormalization
              Bernoulli Multinomial RandomNormal RandomNormalLike RandomUniform RandomUniformLike
              BlackmanWindow CausalConvWithState Ceil Celu Conv ConvTranspose Cos Cosh DFT DeformConv
              Det Dropout Elu Erf Exp Floor GRU Gelu GlobalAveragePool GlobalLpPool GlobalMaxPool
              GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax
              InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu LinearAttention
              Log LogSoftmax LpNormalization LpPool MaxUnpool MeanVarianceNormalization
              MelWeightMatrix Mish NegativeLogLikelihoodLoss NonMaxSuppression RMSNormalization RNN
              Reciprocal RoiAlign RotaryEmbedding Round STFT Selu Shrink Sigmoid
              SimplifiedLayerNormalization Sin Sinh Softmax SoftmaxCrossEntropyLoss Softplus Softsign
              Sqrt SwiGLU Swish Tan Tanh ThresholdedRelu Mean
              FlexAttention Adagrad Adam Gradient Momentum
              Binarizer TreeEnsemble TreeEnsembleRegressor
              BiasGelu EmbedLayerNormalization FastGelu FusedConv FusedGemm FusedMatMul MultiHeadAttention QuickGelu
              SkipLayerNormalization SkipSimplifiedLayerNormalization
              """),
          NUMBERS,
          List.of(
              """
              Abs Add ArgMax ArgMin Clip CumProd CumSum Div Einsum Gemm Greater GreaterOrEqual
              GridSample Less LessOrEqual MatMul Max MaxPool Min Mod Mul Neg PRelu Pow Range ReduceL1
              ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMean ReduceProd ReduceSum ReduceSumSquare
              Relu Resize Sign Sub Sum TopK Upsample
              ArrayFeatureExtractor
              """),
          INTEGERS,
          List.of("BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor TfIdfVectorizer"),
          BOOL,
          List.of("And If Loop Not Or Xor"),
          QUANTIZED,
          List.of(
              """
              ConvInteger DequantizeLinear DynamicQuantizeLinear MatMulInteger QLinearConv QLinearMatMul
              QuantizeLinear QLinearAdd QLinearAveragePool QLinearConcat QLinearGlobalAveragePool
              QLinearLeakyRelu QLinearMul QLinearSigmoid QLinearSoftmax QLinearWhere
              QGemm MatMulIntegerToFloat DynamicQuantizeMatMul
              """),
          ANY,
          List.of(
              """
              BitCast CenterCropPad Col2Im Compress ConcatFromSequence ConstantOfShape EyeLike NonZero
              OneHot Optional OptionalGetElement OptionalHasElement Pad ReduceMax ReduceMin Scan
              SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength
              SequenceMap SplitToSequence TensorScatter Trilu Unique
              """),
          ANY_OR_TEXT,
          List.of(
              """
              Cast CastLike Concat Constant DepthToSpace Equal Expand Flatten Gather GatherElements
              GatherND Identity LabelEncoder Reshape ReverseSequence Scatter ScatterElements ScatterND
              Shape Size Slice SpaceToDepth Split Squeeze Tile Transpose Unsqueeze Where
              """),
          TEXT,
          List.of("RegexFullMatch StringConcat StringNormalizer StringSplit"));

  private static final Map<String, String> BY_OPERATOR = byOperator();

  private ElementTypes() {}

  private static Map<String, String> byOperator() {
    Map<String, String> types = new HashMap<>();
    GROUPS.forEach(
        (group, lists) ->
            lists.forEach(
                list ->
                    List.of(list.strip().split("\\s+"))
                        .forEach(operator -> types.put(operator, group))));
    types.put("QuantizeLinear", "floats to integers and floats of 16 bits and less");
    types.put("DequantizeLinear", "integers and floats of 32 bits and less to floats");
    return Map.copyOf(types);
  }

  /**
   * The types of an operator, as the page says them.
   *
   * @throws IllegalArgumentException where nobody has said which they are
   */
  static String of(String operator) {
    String types = BY_OPERATOR.get(operator);
    if (types == null) {
      throw new IllegalArgumentException(operator + " is in no group of ElementTypes");
    }
    return types;
  }
}
