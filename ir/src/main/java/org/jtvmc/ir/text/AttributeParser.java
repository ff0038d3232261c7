package org.jtvmc.ir.text;

import java.util.List;
import java.util.TreeMap;
import org.jtvmc.ir.graph.AttributeValue;
import org.jtvmc.ir.graph.Attributes;

/** Attributes from their parse trees. */
final class AttributeParser {

  private AttributeParser() {}

  /** An absent list, which the grammar leaves out, is none. */
  static Attributes attributes(ModuleGrammarParser.AttributesContext context) {
    return context == null ? Attributes.NONE : attributes(context.attribute());
  }

  static Attributes attributes(List<ModuleGrammarParser.AttributeContext> contexts) {
    TreeMap<String, AttributeValue> values = new TreeMap<>();
    for (var context : contexts) {
      String name = context.name().getText();
      if (values.put(name, value(context.attributeValue())) != null) {
        throw ModuleParser.fault(context, "attribute '%s' is given twice".formatted(name));
      }
    }
    return values.isEmpty() ? Attributes.NONE : new Attributes(values);
  }

  private static AttributeValue value(ModuleGrammarParser.AttributeValueContext context) {
    return switch (context) {
      case ModuleGrammarParser.NumberValueContext number -> number(number.number());
      case ModuleGrammarParser.TextValueContext text -> new AttributeValue.Text(text(text));
      case ModuleGrammarParser.SizeValueContext size ->
          AttributeValue.of(TypeParser.dim(size.dim()));
      case ModuleGrammarParser.ListValueContext list ->
          new AttributeValue.Items(
              list.attributeValue().stream().map(AttributeParser::value).toList());
      case ModuleGrammarParser.NameValueContext name ->
          switch (name.getText()) {
            case "true" -> new AttributeValue.Bool(true);
            case "false" -> new AttributeValue.Bool(false);
            default -> new AttributeValue.ElementType(TypeParser.dtype(name, name.getText()));
          };
      default -> throw new IllegalStateException("no such value: " + context.getText());
    };
  }

  private static String text(ModuleGrammarParser.TextValueContext context) {
    try {
      return Names.unquote(context.getText());
    } catch (IllegalArgumentException e) {
      throw ModuleParser.fault(context, e.getMessage());
    }
  }

  private static AttributeValue number(ModuleGrammarParser.NumberContext number) {
    String text = number.getText();
    if (number.INT() == null) {
      return new AttributeValue.Real(Double.parseDouble(text));
    }
    try {
      return new AttributeValue.Int(Long.parseLong(text));
    } catch (NumberFormatException _) {
      throw ModuleParser.fault(number, "%s does not fit 64 bits".formatted(text));
    }
  }
}
