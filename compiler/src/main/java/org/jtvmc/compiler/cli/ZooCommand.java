package org.jtvmc.compiler.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jtvmc.compiler.zoo.ModelZoo;
import org.jtvmc.compiler.zoo.ZooModel;
import picocli.CommandLine.Command;

/** {@code zoo}: the models that are there by name. */
@Command(name = "zoo", description = "Lists real models that are there by name.")
final class ZooCommand extends Verb {

  @Override
  public Integer call() {
    ModelZoo zoo = ModelZoo.ofUser();
    ObjectNode document = object();
    ArrayNode models = document.putArray("models");
    for (ZooModel model : zoo.models()) {
      ObjectNode entry = models.addObject();
      entry.put("name", "zoo:" + model.name());
      entry.put("description", model.description());
      entry.put("licence", model.licence());
      entry.put("size_bytes", model.byteSize());
      entry.put("sha256", model.sha256());
      entry.put("origin", model.origin().toString());
      entry.put("cached", zoo.isCached(model));
      ArrayNode inputs = entry.putArray("inputs");
      for (ZooModel.InputShape input : model.inputs()) {
        ArrayNode shape = inputs.addObject().put("name", input.input()).putArray("shape");
        input.shape().forEach(shape::add);
      }
      if (!json()) {
        line(
            "%-18s %10s  %-10s  %s; from %s%s",
            "zoo:" + model.name(),
            Sizes.text(model.byteSize()),
            model.licence(),
            model.description(),
            model.origin(),
            zoo.isCached(model) ? " (here)" : "");
      }
    }
    if (json()) {
      print(document);
    }
    return ExitCode.DONE;
  }
}
