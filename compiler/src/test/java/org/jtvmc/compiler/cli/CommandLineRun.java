package org.jtvmc.compiler.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;

/** What one command line came to. */
record CommandLineRun(int code, String out, String err) {

  static CommandLineRun of(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    return new CommandLineRun(code, out.toString(), err.toString());
  }

  /** Standard output as the one JSON document that it must be. */
  JsonNode json() {
    try {
      return new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .readTree(out);
    } catch (JsonProcessingException e) {
      throw new AssertionError("standard output is no JSON document:\n" + out, e);
    }
  }

  /** Expects an exit code; shows what was said where it is another. */
  CommandLineRun exits(int expected) {
    assertEquals(expected, code, out + err);
    return this;
  }
}
