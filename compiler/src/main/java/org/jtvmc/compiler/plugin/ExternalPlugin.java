package org.jtvmc.compiler.plugin;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jtvmc.compiler.onnx.convert.Conversion;
import org.jtvmc.compiler.onnx.convert.OnnxNode;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.TupleGetItem;

/** One operator that a C function computes, as a plugin. */
final class ExternalPlugin implements Plugin {
  private final ExternalDeclaration declaration;
  private final ExternalOperator operator;

  private ExternalPlugin(ExternalDeclaration declaration, ExternalOperator operator) {
    this.declaration = declaration;
    this.operator = operator;
  }

  /**
   * Reads a declaration and compiles its function.
   *
   * @throws PluginException where one of both cannot be used
   */
  static ExternalPlugin read(Path file) {
    ExternalDeclaration declaration = ExternalDeclaration.read(file);
    byte[] object = ExternalCode.compile(file, declaration);
    return new ExternalPlugin(declaration, new ExternalOperator(declaration, object));
  }

  @Override
  public List<Operator> operators() {
    return List.of(operator);
  }

  @Override
  public List<Conversion> conversions() {
    String domain = declaration.domain() == null ? "" : declaration.domain();
    return List.of(
        new Conversion(domain, declaration.operator(), declaration.since(), this::convert));
  }

  private List<Expr> convert(OnnxNode node) {
    Attributes.Builder attributes = Attributes.builder();
    declaration
        .attributes()
        .forEach((name, otherwise) -> attributes.put(name, node.real(name, otherwise)));
    Expr call = node.call(operator.name(), attributes, node.inputs().toArray(Expr[]::new));
    int outputs = declaration.outputs().size();
    if (outputs == 1) {
      return List.of(call);
    }
    List<Expr> fields = new ArrayList<>();
    for (int i = 0; i < outputs; i++) {
      fields.add(TupleGetItem.of(call, i));
    }
    return fields;
  }
}
