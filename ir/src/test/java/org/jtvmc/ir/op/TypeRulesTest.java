package org.jtvmc.ir.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;
import org.jtvmc.ir.type.TypeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the type rules give, and how they refuse. */
class TypeRulesTest {
  private static final Attributes NONE = Attributes.NONE;

  private static Type f32(Object... dims) {
    return OperatorCalls.type(DType.F32, dims);
  }

  private static Arguments rule(
      String operator, Attributes attributes, List<Type> arguments, String result) {
    return Arguments.of(operator, attributes, arguments, result);
  }

  private static Attributes ints(String name, Long... values) {
    return Attributes.builder().put(name, List.of(values)).build();
  }

  static Stream<Arguments> results() {
    return Stream.of(
        rule("add", NONE, List.of(f32("n", 1, 4), f32(3, 1)), "Tensor[(n, 3, 4), float32]"),
        rule("less", NONE, List.of(f32(2), f32(2)), "Tensor[(2), bool]"),
        rule("nn.relu", NONE, List.of(f32("n", 3)), "Tensor[(n, 3), float32]"),
        rule(
            "nn.conv2d",
            Attributes.builder()
                .put("strides", List.of(2L, 2L))
                .put("padding", List.of(3L, 3L, 3L, 3L))
                .build(),
            List.of(f32("n", 3, 224, 224), f32(64, 3, 7, 7)),
            "Tensor[(n, 64, 112, 112), float32]"),
        rule(
            "nn.conv2d",
            NONE,
            List.of(f32(1, 8, "h", 10), f32(4, 8, 3, 3)),
            "Tensor[(1, 4, (h - 2), 8), float32]"),
        rule(
            "nn.conv2d_transpose",
            ints("strides", 2L, 2L),
            List.of(f32(1, 8, 5, "w"), f32(8, 4, 2, 2)),
            "Tensor[(1, 4, 10, (w * 2)), float32]"),
        rule("nn.dense", NONE, List.of(f32("b", "s", 8), f32(4, 8)), "Tensor[(b, s, 4), float32]"),
        rule(
            "nn.matmul",
            NONE,
            List.of(f32("b", 1, 2, 3), f32(5, 3, 4)),
            "Tensor[(b, 5, 2, 4), float32]"),
        rule("nn.matmul", NONE, List.of(f32(3), f32(3)), "Tensor[(), float32]"),
        rule(
            "nn.max_pool",
            Attributes.builder()
                .put("pool_size", List.of(2L, 2L))
                .put("strides", List.of(2L, 2L))
                .put("ceil_mode", true)
                .build(),
            List.of(f32(1, 3, 5, 6)),
            "Tensor[(1, 3, 3, 3), float32]"),
        rule(
            "nn.global_avg_pool",
            NONE,
            List.of(f32(1, 3, "h", "w")),
            "Tensor[(1, 3, 1, 1), float32]"),
        rule("mean", ints("axes", -1L), List.of(f32("n", 3)), "Tensor[(n), float32]"),
        rule(
            "reshape",
            ints("newshape", 0L, -1L, 12L, 32L),
            List.of(f32("b", "s", 384)),
            "Tensor[(b, s, 12, 32), float32]"),
        rule(
            "reshape",
            ints("newshape", 0L, 0L, 12L, -1L),
            List.of(f32("b", 128, 384)),
            "Tensor[(b, 128, 12, 32), float32]"),
        rule("transpose", NONE, List.of(f32("a", "b", 3)), "Tensor[(3, b, a), float32]"),
        rule("squeeze", ints("axis", -1L), List.of(f32(2, 1, 1)), "Tensor[(2, 1), float32]"),
        rule("expand_dims", ints("axes", 0L, -1L), List.of(f32(2)), "Tensor[(1, 2, 1), float32]"),
        rule(
            "concatenate",
            Attributes.builder().put("axis", -1).build(),
            List.of(new TupleType(List.of(f32(2, 3), f32(2, "w")))),
            "Tensor[(2, (w + 3)), float32]"),
        rule(
            "take",
            NONE,
            List.of(f32(30522, 384), OperatorCalls.type(DType.I64, 1, "s")),
            "Tensor[(1, s, 384), float32]"));
  }

  @ParameterizedTest(name = "{0}({2}) {1}")
  @MethodSource("results")
  void typeFollowsFromArguments(
      String operator, Attributes attributes, List<Type> arguments, String result) {
    assertEquals(
        result, OperatorRegistry.standard().get(operator).infer(arguments, attributes).toString());
  }

  static Stream<Arguments> errors() {
    return Stream.of(
        rule("add", NONE, List.of(f32(2), f32(3)), "do not broadcast"),
        rule("add", NONE, List.of(f32(2)), "takes 2 arguments"),
        rule("add", NONE, List.of(f32(2), OperatorCalls.type(DType.I32, 2)), "differ"),
        rule("exp", NONE, List.of(OperatorCalls.type(DType.I32, 2)), "floating point"),
        rule("exp", ints("axis", 1L), List.of(f32(2)), "has no attribute 'axis'"),
        rule("cast", NONE, List.of(f32(2)), "needs the attribute 'dtype'"),
        rule("nn.conv2d", NONE, List.of(f32(1, 4, 8, 8), f32(4, 8, 3, 3)), "channels"),
        rule("nn.conv2d", NONE, List.of(f32(1, 8, 2, 2), f32(4, 8, 3, 3)), "does not fit"),
        rule("nn.matmul", NONE, List.of(f32(2, 3), f32(4, 5)), "summed over differ"),
        rule("nn.softmax", ints("axis", 1L), List.of(f32(2)), "not an integer"),
        rule("reshape", ints("newshape", 4L, -1L), List.of(f32(2, 3)), "do not divide"),
        rule("reshape", ints("newshape", 7L), List.of(f32(2, 3)), "do not fill"),
        rule("transpose", ints("axes", 0L, 0L), List.of(f32(2, 3)), "no permutation"),
        rule("squeeze", ints("axis", 0L), List.of(f32(2, 3)), "cannot be taken out"),
        rule("mean", ints("axes", 2L), List.of(f32(2, 3)), "outside"),
        rule("take", NONE, List.of(f32(2), f32(2)), "must be integers"));
  }

  @ParameterizedTest(name = "{0}({2}) {1}")
  @MethodSource("errors")
  void whatDoesNotFitIsRefusedInOneSentence(
      String operator, Attributes attributes, List<Type> arguments, String message) {
    TypeException error =
        assertThrows(
            TypeException.class,
            () -> OperatorRegistry.standard().get(operator).infer(arguments, attributes));
    assertTrue(error.getMessage().contains(message), error.getMessage());
  }

  @Test
  void aRegistryTakesMoreOperatorsButNoNameTwice() {
    OperatorRegistry standard = OperatorRegistry.standard();
    assertThrows(IllegalArgumentException.class, () -> standard.with(List.of(standard.get("add"))));
    assertTrue(standard.find("no_such_operator").isEmpty());
  }
}
