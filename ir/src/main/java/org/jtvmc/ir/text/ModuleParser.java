package org.jtvmc.ir.text;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.atn.PredictionMode;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.type.TupleType;
import org.jtvmc.ir.type.Type;

/** Reads a module: syntax first, then the signatures of all functions, then their bodies. */
final class ModuleParser {

  /** Brackets may be nested this deep: both parsers recurse. */
  private static final int DEEPEST = 400;

  private final OperatorLookup operators;
  private final Map<String, NDArray> constants;

  ModuleParser(OperatorLookup operators, Map<String, NDArray> constants) {
    this.operators = operators;
    this.constants = constants;
  }

  /** What callers of a global function need to know. */
  record Signature(List<Var> parameters, Type result) {}

  IRModule parse(String text) {
    ModuleGrammarParser.ModuleContext module = syntax(text);
    Map<String, Signature> signatures = new LinkedHashMap<>();
    for (var definition : module.definition()) {
      String name = Names.plain(definition.GLOBAL().getText());
      List<Var> parameters = TypeParser.parameters(definition.parameters());
      Signature signature = new Signature(parameters, TypeParser.type(definition.type()));
      if (signatures.put(name, signature) != null) {
        throw fault(definition, "function @%s is defined twice".formatted(name));
      }
    }
    Map<String, Function> functions = new LinkedHashMap<>();
    for (var definition : module.definition()) {
      String name = Names.plain(definition.GLOBAL().getText());
      Signature signature = signatures.get(name);
      Function function =
          new FunctionParser(operators, constants, signatures)
              .function(signature.parameters, definition.block(), definition.attributes());
      if (!function.resultType().equals(signature.result)) {
        throw fault(
            definition.type(),
            "function @%s is declared to give %s and gives %s"
                .formatted(name, signature.result, function.resultType()));
      }
      functions.put(name, function);
    }
    if (!functions.containsKey(IRModule.MAIN)) {
      throw fault(module, "there is no function @" + IRModule.MAIN);
    }
    return new IRModule(functions, outputNames(module, functions.get(IRModule.MAIN).resultType()));
  }

  private static List<String> outputNames(ModuleGrammarParser.ModuleContext module, Type result) {
    if (module.outputNames() != null) {
      return module.outputNames().STRING().stream()
          .map(name -> Names.plain(name.getText()))
          .toList();
    }
    return result instanceof TupleType(var fields)
        ? IntStream.range(0, fields.size()).mapToObj(i -> "output" + i).toList()
        : List.of("output");
  }

  private static ModuleGrammarParser.ModuleContext syntax(String text) {
    SyntaxFaults faults = new SyntaxFaults();
    ModuleGrammarLexer lexer = new ModuleGrammarLexer(CharStreams.fromString(text));
    lexer.removeErrorListeners();
    lexer.addErrorListener(faults);
    CommonTokenStream tokens = new CommonTokenStream(lexer);
    tokens.fill();
    checkNesting(tokens);
    ModuleGrammarParser parser = new ModuleGrammarParser(tokens);
    parser.removeErrorListeners();
    parser.addErrorListener(faults);
    parser.getInterpreter().setPredictionMode(PredictionMode.SLL);
    ModuleGrammarParser.ModuleContext module = parser.module();
    if (!faults.faults().isEmpty()) {
      throw new ParseException(faults.faults());
    }
    return module;
  }

  private static void checkNesting(CommonTokenStream tokens) {
    int depth = 0;
    for (Token token : tokens.getTokens()) {
      switch (token.getText()) {
        case "(", "[", "{" -> depth++;
        case ")", "]", "}" -> depth--;
        default -> {}
      }
      if (depth > DEEPEST) {
        throw fault(token, "brackets are nested more than %d deep".formatted(DEEPEST));
      }
    }
  }

  static ParseException fault(ParserRuleContext where, String message) {
    return fault(where.getStart(), message);
  }

  static ParseException fault(Token where, String message) {
    return new ParseException(
        List.of(
            new ParseException.Fault(where.getLine(), where.getCharPositionInLine() + 1, message)));
  }
}
