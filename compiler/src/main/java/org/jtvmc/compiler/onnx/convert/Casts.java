package org.jtvmc.compiler.onnx.convert;

import java.util.List;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;

/** Conversions of the element type. */
final class Casts {

  private Casts() {}

  static List<Conversion> all() {
    return List.of(
        Conversion.of("Cast", node -> cast(node, node.input(0), byName(node))),
        Conversion.from(
            6,
            "Cast",
            node ->
                asSaid(
                    node,
                    node.dtype("to").orElseThrow(() -> node.fault("lacks its attribute 'to'")))),
        Conversion.of("CastLike", node -> asSaid(node, node.type(1).dtype())),
        Conversion.from(
            26,
            "BitCast",
            node ->
                node.call(
                    "bit_cast",
                    Attributes.builder()
                        .put(
                            "dtype",
                            node.dtype("to")
                                .orElseThrow(() -> node.fault("lacks its attribute 'to'"))),
                    node.input(0))));
  }

  /** With the attributes that narrow floats have for what does not fit them. */
  private static Expr asSaid(OnnxNode node, DType dtype) {
    if (dtype.isString()) {
      return Texts.format(node, node.input(0));
    }
    return node.type(0).dtype().equals(dtype)
        ? node.input(0)
        : node.call(
            "cast",
            Attributes.builder()
                .put("dtype", dtype)
                .put("saturate", node.flag("saturate", true))
                .put("round_mode", node.text("round_mode", "up")),
            node.input(0));
  }

  /** The value with elements of another type; the value itself where they are so already. */
  static Expr cast(OnnxNode node, Expr value, DType dtype) {
    return node.type(value).dtype().equals(dtype)
        ? value
        : node.call("cast", Attributes.builder().put("dtype", dtype), value);
  }

  /** Up to version 5 the type was given by its name. */
  private static DType byName(OnnxNode node) {
    var name = node.text("to", "");
    return switch (name) {
      case "FLOAT" -> DType.F32;
      case "DOUBLE" -> DType.F64;
      case "FLOAT16" -> DType.F16;
      case "INT8" -> DType.I8;
      case "INT16" -> DType.I16;
      case "INT32" -> DType.I32;
      case "INT64" -> DType.I64;
      case "UINT8" -> DType.U8;
      case "UINT16" -> DType.U16;
      case "UINT32" -> DType.U32;
      case "UINT64" -> DType.U64;
      case "BOOL" -> DType.BOOL;
      default -> throw node.fault("casts to '%s', which is not supported".formatted(name));
    };
  }
}
