package org.jtvmc.schedule;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.PlaceholderOp;
import org.jtvmc.ir.te.Tensor;

/**
 * The canonical text of a computation: prefix notation, tensors numbered in the order of the
 * kernel's inputs and then of computation, variables in the order in which they are bound.
 */
final class WorkloadText {
  private final StringBuilder out = new StringBuilder();
  private final Map<Tensor, String> tensors = new HashMap<>();
  private final Map<PrimVar, String> variables = new HashMap<>();

  private WorkloadText() {}

  static String of(ComputeDag dag) {
    WorkloadText text = new WorkloadText();
    for (Tensor input : dag.inputs()) {
      text.placeholder(input, (PlaceholderOp) input.op());
    }
    for (Stage stage : dag.stages()) {
      text.compute(stage.tensor(), stage.op());
    }
    text.out.append("return ");
    text.out.append(dag.outputs().stream().map(text.tensors::get).collect(Collectors.joining(" ")));
    return text.out.append('\n').toString();
  }

  static String sha256(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private void placeholder(Tensor tensor, PlaceholderOp op) {
    String name = "p" + tensors.size();
    tensors.put(tensor, name);
    out.append(name).append(" = ").append(op.constant() ? "constant " : "input ");
    out.append(op.dtype()).append(" [");
    expressions(op.shape());
    out.append("]\n");
  }

  private void compute(Tensor tensor, ComputeOp op) {
    String name = "t" + tensors.size();
    out.append(name).append(" = ").append(op.dtype()).append(" [");
    bind(op.axes(), "a");
    out.append("] ");
    op.reducer()
        .ifPresent(
            reducer -> {
              out.append(reducer.name().toLowerCase(Locale.ROOT)).append(" [");
              bind(op.reduceAxes(), "r");
              out.append("] ");
            });
    expression(op.body());
    out.append('\n');
    tensors.put(tensor, name);
  }

  private void bind(List<Axis> axes, String prefix) {
    for (int i = 0; i < axes.size(); i++) {
      variables.put(axes.get(i).var(), prefix + i);
      out.append(i == 0 ? "" : " ");
      expression(axes.get(i).extent());
    }
  }

  private void expressions(List<PrimExpr> exprs) {
    for (int i = 0; i < exprs.size(); i++) {
      out.append(i == 0 ? "" : " ");
      expression(exprs.get(i));
    }
  }

  private void expression(PrimExpr expr) {
    switch (expr) {
      case IntImm imm -> out.append(imm.dtype()).append(':').append(imm.value());
      case FloatImm imm ->
          out.append(imm.dtype()).append(':').append(Double.toHexString(imm.value()));
      case PrimVar variable -> {
        String name =
            variable
                .symbol()
                .map(s -> "%s:%d:%d:%d".formatted(s.name(), s.least(), s.most(), s.usual()))
                .orElseGet(() -> variables.computeIfAbsent(variable, _ -> "s" + variables.size()));
        out.append(name);
      }
      case Binary _,
          Compare _,
          Not _,
          Select _,
          Cast _,
          Reinterpret _,
          Intrinsic _,
          Read _,
          Load _ -> {
        out.append('(').append(operator(expr));
        for (PrimExpr child : PrimExprs.children(expr)) {
          out.append(' ');
          expression(child);
        }
        out.append(')');
      }
    }
  }

  private String operator(PrimExpr expr) {
    return switch (expr) {
      case Binary binary -> binary.op().symbol();
      case Compare compare -> compare.op().symbol();
      case Not _ -> "not";
      case Select _ -> "select";
      case Cast cast -> cast.dtype().toString();
      case Reinterpret bits -> "bits_" + bits.dtype();
      case Intrinsic intrinsic -> intrinsic.op().symbol();
      case Read read -> tensors.get(read.tensor());
      case Load load -> load.buffer().name();
      case IntImm _, FloatImm _, PrimVar _ ->
          throw new IllegalStateException("a leaf has no operator: " + expr);
    };
  }
}
