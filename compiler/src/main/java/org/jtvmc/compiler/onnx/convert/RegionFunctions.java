package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.compiler.plan.SizeAssumption;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.SizeSymbols;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.op.control.SizesOfRun;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/** The functions that steps of a run call: the branches and bodies of a model's control flow. */
final class RegionFunctions {
  private final Emitter emitter;
  private final Map<String, Function> functions = new LinkedHashMap<>();

  RegionFunctions(Emitter emitter) {
    this.emitter = emitter;
  }

  /** Those that were made, by name. */
  Map<String, Function> functions() {
    return Collections.unmodifiableMap(functions);
  }

  /**
   * Makes a function of a converted subgraph.
   *
   * @param parameters those that the caller fills itself
   */
  RunTime.Region function(RunTime.Subgraph subgraph, List<Var> parameters) {
    List<Expr> body = new ArrayList<>(subgraph.results());
    body.addAll(subgraph.frame().stages());
    Tuple all = Tuple.of(body);
    Set<Var> free = new HashSet<>(Exprs.freeVariables(all));
    List<Var> own = new ArrayList<>(parameters);
    List<Expr> reads = new ArrayList<>();
    subgraph
        .frame()
        .captured()
        .forEach(
            (outer, inner) -> {
              if (inner instanceof Var variable && free.contains(variable)) {
                own.add(variable);
                reads.add(outer);
              }
            });
    for (Dim.Symbol symbol : missing(subgraph, all, own)) {
      // A tensor of that size, of which nothing but its size is read.
      own.add(new Var("size_" + symbol.name(), new TensorType(List.of(symbol), DType.BOOL)));
      Attributes attributes =
          Attributes.builder()
              .putSizes("shape", List.of(symbol))
              .put("dtype", DType.BOOL)
              .put("value", 0)
              .build();
      reads.add(emitter.callUnfolded("full", List.of(), attributes, ""));
    }
    String name = "region%d".formatted(functions.size());
    Function function =
        new Function(
            own, all, Attributes.builder().put(Function.REGION, subgraph.results().size()).build());
    functions.put(name, SizeAssumption.attach(function, subgraph.assumed()));
    return new RunTime.Region(name, reads);
  }

  /** The sizes that a function mentions, and that neither its inputs nor it itself give. */
  private static Set<Dim.Symbol> missing(
      RunTime.Subgraph subgraph, Expr body, List<Var> parameters) {
    Set<Dim.Symbol> mentioned = SizeSymbols.of(body);
    for (Var parameter : parameters) {
      mentioned.addAll(SizeSymbols.of(parameter.type()));
    }
    for (SizeAssumption assumption : subgraph.assumed()) {
      mentioned.addAll(SizeSymbols.of(assumption.left()));
      mentioned.addAll(SizeSymbols.of(assumption.right()));
    }
    mentioned.removeAll(decidedIn(subgraph));
    for (Var parameter : parameters) {
      ((TensorType) parameter.type()).shape().forEach(mentioned::remove);
    }
    return mentioned;
  }

  /** The sizes that are known inside a function only. */
  static Set<Dim> decidedIn(RunTime.Subgraph subgraph) {
    Set<Dim> decided = new HashSet<>();
    subgraph
        .frame()
        .stages()
        .forEach(stage -> decided.addAll(SizesOfRun.values(((Call) stage).attributes())));
    return decided;
  }
}
