package org.jtvmc.compiler.passes.fusion;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jtvmc.compiler.passes.GraphInvariants;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Constant;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.Exprs;
import org.jtvmc.ir.graph.Function;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.HostOperator;
import org.jtvmc.ir.graph.IRModule;
import org.jtvmc.ir.graph.Operator;
import org.jtvmc.ir.graph.StructuralHash;
import org.jtvmc.ir.graph.Tuple;
import org.jtvmc.ir.graph.Var;
import org.jtvmc.ir.pass.Invariant;
import org.jtvmc.ir.pass.Pass;
import org.jtvmc.ir.target.CpuTarget;
import org.jtvmc.ir.target.CudaTarget;
import org.jtvmc.ir.target.Target;

/**
 * Puts every call of an operator into a primitive function, one for each kernel.
 *
 * <pre>{@code
 * %0 = nn.conv2d(%x, const["w"]);            %0 = fn (constants=[1], name="conv2d_relu", primitive=true)
 * %1 = nn.relu(%0);                     =>        (%p0: ..., %p1: ...) {
 *                                                   %0 = nn.conv2d(%p0, %p1);
 *                                                   nn.relu(%0)
 *                                                 }(%x, const["w"]);
 * }</pre>
 *
 * The groups are those of TVM's algorithm (Chen et al., OSDI 2018, section 3) on the post-dominator
 * tree, and a few more: elementwise work behind reductions, transposes behind matrix products,
 * attention.
 *
 * <p>A function's parameters are tensors. Constants of one element are inside it, unless the native
 * runtime computes it; the attribute {@value #CONSTANTS} lists the parameters that are given
 * constants. Equal functions are one object. A function is called with its anchor's label.
 */
public final class FuseOperators implements Pass<IRModule> {

  /** The attribute that lists the positions of the parameters that every call gives constants. */
  public static final String CONSTANTS = "constants";

  /** The attribute that names the function for people: its operators, joined. */
  public static final String NAME = "name";

  /** The longest name, in operators. */
  private static final int NAMED_OPERATORS = 6;

  private final Options options;

  /**
   * Limits.
   *
   * @param maxOperators calls in one function
   * @param maxParameters tensors that one function reads
   * @param dataMovementAfterAnchors whether a transpose may join the product whose result it moves
   * @param productChains whether products behind each other may be one kernel, as in attention
   * @param windowChains whether a convolution that does little for each element that it reads may
   *     be one kernel with the one that computes them
   * @param slices whether a product of two computed matrices takes the slices that are its operands
   */
  public record Options(
      int maxOperators,
      int maxParameters,
      boolean dataMovementAfterAnchors,
      boolean productChains,
      boolean windowChains,
      boolean slices) {
    public static final Options DEFAULT = new Options(64, 24, true, true, true, false);

    /** The standard limits; a GPU's blocks of threads have no cache for a block of an image. */
    public static Options of(Target target) {
      return switch (target) {
        case CpuTarget _ -> DEFAULT.takingSlices();
        case CudaTarget _ -> new Options(64, 24, true, true, false, false);
      };
    }

    /** The same, with products that take their slices. */
    public Options takingSlices() {
      return new Options(
          maxOperators, maxParameters, dataMovementAfterAnchors, productChains, windowChains, true);
    }
  }

  public FuseOperators() {
    this(Options.DEFAULT);
  }

  public FuseOperators(Options options) {
    this.options = options;
  }

  @Override
  public Set<Invariant> requires() {
    return Set.of(GraphInvariants.TYPED);
  }

  @Override
  public Set<Invariant> establishes() {
    return Set.of(GraphInvariants.FUSED);
  }

  @Override
  public IRModule apply(IRModule module) {
    Map<String, Function> known = new HashMap<>();
    return module.mapFunctions(
        function -> function.isPrimitive() ? function : fuse(function, known));
  }

  private Function fuse(Function function, Map<String, Function> known) {
    FusionGraph graph = FusionGraph.of(function.body());
    Map<Call, List<Call>> byResult = new HashMap<>();
    for (List<Call> group : new FusionGroups(graph, options).groups()) {
      byResult.put(group.getLast(), group);
    }
    // Members that are no result are rewritten too, and then nothing refers to them.
    Map<Expr, Expr> rewritten = new HashMap<>();
    for (Expr expr : Exprs.postOrder(function.body())) {
      List<Call> group = expr instanceof Call ? byResult.get(expr) : null;
      if (group != null) {
        rewritten.put(expr, callOf(group, rewritten, known));
      } else if (FusionGraph.isOperatorCall(expr)) {
        rewritten.put(expr, expr);
      } else {
        rewritten.put(
            expr,
            Exprs.withChildren(expr, Exprs.children(expr).stream().map(rewritten::get).toList()));
      }
    }
    return function.withBody(rewritten.get(function.body()));
  }

  private static Call callOf(
      List<Call> group, Map<Expr, Expr> rewritten, Map<String, Function> known) {
    Map<Expr, Var> parameters = new LinkedHashMap<>();
    Map<Expr, Expr> inside = new HashMap<>();
    for (Call member : group) {
      for (Expr operand : FusionGraph.operands(member)) {
        if (!inside.containsKey(operand)) {
          boolean isInside = isScalar(operand) && !(member.callee() instanceof HostOperator);
          Expr stands = isInside ? operand : parameter(operand, parameters);
          inside.put(operand, stands);
        }
      }
      inside.put(
          member,
          member.withArguments(
              member.arguments().stream().map(argument -> inside(argument, inside)).toList()));
    }
    List<Expr> arguments = parameters.keySet().stream().map(rewritten::get).toList();
    Function function =
        new Function(
            List.copyOf(parameters.values()),
            inside.get(group.getLast()),
            attributes(group, arguments));
    return Call.of(
        known.computeIfAbsent(StructuralHash.of(function), _ -> function), arguments, label(group));
  }

  private static Var parameter(Expr operand, Map<Expr, Var> parameters) {
    return parameters.computeIfAbsent(
        operand, _ -> new Var("p" + parameters.size(), operand.type()));
  }

  private static Expr inside(Expr argument, Map<Expr, Expr> inside) {
    return argument instanceof Tuple tuple
        ? Tuple.of(tuple.fields().stream().map(field -> inside(field, inside)).toList())
        : inside.get(argument);
  }

  private static boolean isScalar(Expr expr) {
    return expr instanceof Constant constant && constant.value().elements() == 1;
  }

  private static Attributes attributes(List<Call> group, List<Expr> arguments) {
    List<Long> constants = new ArrayList<>();
    for (int i = 0; i < arguments.size(); i++) {
      if (arguments.get(i) instanceof Constant) {
        constants.add((long) i);
      }
    }
    Attributes.Builder attributes =
        Attributes.builder().put(Function.PRIMITIVE, true).put(NAME, name(group));
    if (!constants.isEmpty()) {
      attributes.put(CONSTANTS, constants);
    }
    return attributes.build();
  }

  /** {@code conv2d_bias_add_relu}: an identifier in any language. */
  private static String name(List<Call> group) {
    String name =
        group.stream()
            .limit(NAMED_OPERATORS)
            .map(call -> ((Operator) call.callee()).name())
            .map(operator -> operator.substring(operator.lastIndexOf('.') + 1))
            .collect(Collectors.joining("_"));
    return group.size() > NAMED_OPERATORS ? name + "_etc" : name;
  }

  /** The label of the hardest member that has one: it says most about where the kernel is from. */
  private static String label(List<Call> group) {
    String label = "";
    FusionKind hardest = FusionKind.ELEMENTWISE;
    for (Call call : group.reversed()) {
      FusionKind kind = FusionGraph.kind(call);
      if (!call.label().isEmpty() && (label.isEmpty() || kind.compareTo(hardest) > 0)) {
        label = call.label();
        hardest = kind;
      }
    }
    return label;
  }
}
