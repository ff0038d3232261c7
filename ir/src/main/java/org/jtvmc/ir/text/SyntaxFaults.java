package org.jtvmc.ir.text;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.NoViableAltException;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.Token;

/** Gathers what is wrong in a text, each fault in a sentence for who wrote it. */
final class SyntaxFaults extends BaseErrorListener {
  /** A longer list of what may stand somewhere helps nobody. */
  private static final int MOST_EXPECTED = 6;

  private final List<ParseException.Fault> faults = new ArrayList<>();

  List<ParseException.Fault> faults() {
    return faults;
  }

  @Override
  public void syntaxError(
      Recognizer<?, ?> recognizer,
      Object symbol,
      int line,
      int column,
      String message,
      RecognitionException cause) {
    String sentence = message;
    if (recognizer instanceof Parser parser && symbol instanceof Token token) {
      if (token.getType() == Token.EOF) {
        sentence = "the text ends too early" + missing(parser);
      } else if (cause instanceof NoViableAltException) {
        sentence = "'%s' cannot stand here%s".formatted(token.getText(), expected(parser));
      }
    }
    faults.add(new ParseException.Fault(line, column + 1, sentence));
  }

  private static String missing(Parser parser) {
    Deque<Token> open = new ArrayDeque<>();
    for (Token token : ((CommonTokenStream) parser.getTokenStream()).getTokens()) {
      switch (token.getText()) {
        case "(", "[", "{" -> open.push(token);
        case ")", "]", "}" -> open.poll();
        default -> {}
      }
    }
    if (open.isEmpty()) {
      return expected(parser);
    }
    Token last = open.peek();
    return ": the '%s' in line %d, column %d is not closed"
        .formatted(last.getText(), last.getLine(), last.getCharPositionInLine() + 1);
  }

  private static String expected(Parser parser) {
    List<Integer> kinds = parser.getExpectedTokens().toList();
    if (kinds.isEmpty() || kinds.size() > MOST_EXPECTED) {
      return "";
    }
    List<String> names =
        kinds.stream().map(kind -> parser.getVocabulary().getDisplayName(kind)).toList();
    return "; expected: " + String.join(", ", names);
  }
}
