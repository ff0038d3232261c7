package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The conversions that the frontend knows. Immutable. */
public final class Conversions {

  private record Key(String domain, String operator) {}

  private final List<Conversion> all;
  private final List<Conversion> decided;
  private final List<Conversion> atRunTime;
  private final Map<Key, List<Conversion>> newestFirst = new HashMap<>();

  /** A frontend that knows the given conversions, for sizes that are known. */
  public Conversions(Collection<Conversion> conversions) {
    this(conversions, List.of(), List.of());
  }

  /**
   * A frontend that knows the given conversions.
   *
   * @param decided those for inputs whose sizes a run decides, which see as much as there can be
   * @param atRunTime those for where the others need a value that is not known; they see no inputs
   *     of such sizes
   */
  public Conversions(
      Collection<Conversion> conversions,
      Collection<Conversion> decided,
      Collection<Conversion> atRunTime) {
    all = List.copyOf(conversions);
    this.decided = List.copyOf(decided);
    this.atRunTime = List.copyOf(atRunTime);
    all.stream()
        .sorted(Comparator.comparingInt(Conversion::since).reversed())
        .forEach(
            conversion ->
                newestFirst
                    .computeIfAbsent(
                        new Key(conversion.domain(), conversion.operator()),
                        key -> new ArrayList<>())
                    .add(conversion));
  }

  /** Every conversion that comes with the compiler: this list. */
  public static Conversions standard() {
    return new Conversions(
        Stream.of(
                Activations.all(),
                Attentions.all(),
                BatchNormalizations.all(),
                BinaryElementwise.all(),
                Casts.all(),
                Clips.all(),
                Concats.all(),
                Constants.all(),
                ControlFlow.all(),
                ConvTransposes.all(),
                Convolutions.all(),
                Determinants.all(),
                Einsums.all(),
                Expansions.all(),
                Gathers.all(),
                Gradients.all(),
                LayerNormalizations.all(),
                Losses.all(),
                MatrixProducts.all(),
                MicrosoftAttentions.all(),
                MicrosoftOperators.all(),
                MicrosoftQuantization.all(),
                NgramCounts.all(),
                OneHots.all(),
                Pads.all(),
                Pools.all(),
                Quantization.all(),
                Randoms.all(),
                Ranges.all(),
                RecurrentNetworks.all(),
                Reductions.all(),
                Regions.all(),
                Reshapes.all(),
                Resizes.all(),
                Scatters.all(),
                Searches.all(),
                Selections.all(),
                SequenceMixers.all(),
                Sequences.all(),
                Shapes.all(),
                SignalTransforms.all(),
                Slices.all(),
                Softmaxes.all(),
                Splits.all(),
                Texts.all(),
                TraditionalLearning.all(),
                SpatialBlocks.all(),
                SpatialTransforms.all(),
                TrainingSteps.all(),
                Transposes.all(),
                TreeEnsembles.all(),
                Triangles.all(),
                UnaryElementwise.all(),
                VariadicElementwise.all())
            .flatMap(List::stream)
            .toList(),
        DecidedSizes.all(),
        Stream.of(
                PartsAtRunTime.all(),
                ReductionsAtRunTime.all(),
                Selections.atRunTime(),
                ViewsAtRunTime.all())
            .flatMap(List::stream)
            .toList());
  }

  /** These and more; of two for the same operator and version, the one among {@code more}. */
  public Conversions with(Collection<Conversion> more) {
    return new Conversions(Stream.concat(more.stream(), all.stream()).toList(), decided, atRunTime);
  }

  /**
   * The conversion of an operator.
   *
   * @param version of the operator set that the model imports
   */
  public Optional<Conversion> find(String domain, String operator, int version) {
    return newestFirst.getOrDefault(new Key(domain, operator), List.of()).stream()
        .filter(conversion -> conversion.since() <= version)
        .findFirst();
  }

  /** The conversion of an operator that reads values whose sizes a run decides. */
  public Optional<Conversion> decided(String domain, String operator) {
    return find(decided, domain, operator);
  }

  /** The conversion of an operator whose result has a size that a value decides. */
  public Optional<Conversion> atRunTime(String domain, String operator) {
    return find(atRunTime, domain, operator);
  }

  private static Optional<Conversion> find(
      List<Conversion> conversions, String domain, String operator) {
    return conversions.stream()
        .filter(conversion -> conversion.domain().equals(domain))
        .filter(conversion -> conversion.operator().equals(operator))
        .findFirst();
  }

  /** What a node computes whose result has sizes that are known when the model runs. */
  public Optional<Conversion.Rule> open(OnnxNode node) {
    return OpenShapes.find(node);
  }

  /** What an operator computes that has texts among its inputs. */
  public Optional<Conversion.Rule> forTexts(OnnxNode node) {
    Conversion.Rule own = Texts.RULES.get(node.operator());
    if (own != null) {
      return Optional.of(own);
    }
    return Texts.MOVING.contains(node.operator())
        ? find(node.domain(), node.operator(), node.opset())
            .map(conversion -> moved -> Texts.move(moved, conversion.rule()))
        : Optional.empty();
  }

  /** All of them, by domain, operator and version. */
  public List<Conversion> all() {
    return newestFirst.values().stream()
        .flatMap(List::stream)
        .sorted(
            Comparator.comparing(Conversion::domain)
                .thenComparing(Conversion::operator)
                .thenComparing(Conversion::since))
        .toList();
  }
}
