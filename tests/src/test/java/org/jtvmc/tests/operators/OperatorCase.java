package org.jtvmc.tests.operators;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What is tried of one operator.
 *
 * @param draw makes a random model of it
 */
record OperatorCase(String name, Function<Draw, OneNodeModel> draw) {

  static OperatorCase of(String name, Function<Draw, OneNodeModel> draw) {
    return new OperatorCase(name, draw);
  }

  private static final List<List<OperatorCase>> CASES =
      List.of(
          ElementwiseCases.all(),
          WindowCases.all(),
          ProductCases.all(),
          NormalizationCases.all(),
          ReductionCases.all(),
          ShapeCases.all(),
          IndexingCases.all(),
          SelectionCases.all(),
          TextCases.all(),
          LearningCases.all(),
          AtRunTimeCases.all(),
          ResizeCases.all(),
          QuantizationCases.all(),
          RecurrentCases.all(),
          TransformCases.all(),
          AttentionCases.all(),
          MicrosoftCases.all(),
          MicrosoftQuantizationCases.all());

  /** Those that are evaluated without a run: none that goes in stages. */
  static Stream<OperatorCase> evaluated() {
    return select(CASES);
  }

  /** Every operator, or those that the property jtvmc.operator says, a regular expression. */
  static Stream<OperatorCase> all() {
    return Stream.concat(select(CASES), select(List.of(TransformsAtRunTimeCases.all())));
  }

  private static Stream<OperatorCase> select(List<List<OperatorCase>> cases) {
    return cases.stream()
        .flatMap(List::stream)
        .filter(operator -> operator.name().matches(System.getProperty("jtvmc.operator", ".*")));
  }

  /** The seed of a trial: the same in every run, another one for each operator. */
  long seed(int trial) {
    return 31L * name.hashCode() + trial;
  }

  @Override
  public String toString() {
    return name;
  }
}
