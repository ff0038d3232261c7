package org.jtvmc.tests.conventions;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import org.jtvmc.compiler.onnx.OperatorTable;
import org.jtvmc.compiler.onnx.convert.Conversions;
import org.junit.jupiter.api.Test;

class OperatorsPageTest {

  @Test
  void thePageListsTheOperatorsThatThereAre() throws IOException {
    assertEquals(
        OperatorTable.markdown(Conversions.standard()),
        Files.readString(Project.ROOT.resolve("docs/operators.md")),
        "stale: ./jtvmc operators > docs/operators.md");
  }
}
