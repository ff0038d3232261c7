package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jtvmc.compiler.onnx.OperatorTable;
import org.jtvmc.compiler.onnx.convert.Conversion;
import org.jtvmc.compiler.onnx.convert.Conversions;
import picocli.CommandLine.Command;

/** {@code operators}: the ONNX operators that are understood. */
@Command(
    name = "operators",
    description = "Lists the ONNX operators that are understood, as the page docs/operators.md.")
final class OperatorsCommand extends Verb {

  @Override
  public Integer call() {
    if (json()) {
      ObjectNode document = object();
      ArrayNode list = document.putArray("operators");
      for (Conversion conversion : Conversions.standard().all()) {
        list.addObject()
            .put("domain", conversion.domain())
            .put("operator", conversion.operator())
            .put("since", conversion.since())
            .put("limits", conversion.limits());
      }
      print(document);
    } else {
      out().print(OperatorTable.markdown(Conversions.standard()));
      out().flush();
    }
    return ExitCode.DONE;
  }
}
