package org.jtvmc.compiler.passes.fusion;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.FusionKind;

/**
 * For each call, the nearest one that every path to an output passes: its immediate post-dominator
 * (Chen et al., OSDI 2018, section 3). Built from the outputs to the inputs; a node's parent is the
 * lowest common ancestor of its readers.
 */
final class PostDominatorTree {

  /**
   * A node of the tree.
   *
   * @param parent the immediate post-dominator, or null where paths end in different outputs
   * @param kind the hardest way in which anything on the paths to the parent is read
   */
  private record Node(Call call, Node parent, int depth, FusionKind kind) {}

  private final Map<Call, Node> nodes = new HashMap<>();

  PostDominatorTree(FusionGraph graph) {
    for (Call call : graph.order().reversed()) {
      nodes.put(call, node(graph, call));
    }
  }

  /** The immediate post-dominator. */
  Optional<Call> parent(Call call) {
    return Optional.ofNullable(nodes.get(call).parent).map(Node::call);
  }

  /** The hardest way in which a value on the paths from {@code call} to its parent is read. */
  FusionKind kind(Call call) {
    return nodes.get(call).kind;
  }

  private Node node(FusionGraph graph, Call call) {
    if (graph.escapes(call)) {
      return new Node(call, null, 0, FusionKind.OPAQUE);
    }
    Node parent = null;
    FusionKind kind = FusionKind.ELEMENTWISE;
    boolean first = true;
    for (FusionGraph.Edge edge : graph.reads(call)) {
      kind = FusionGraph.harder(kind, edge.kind());
      Node left = first ? nodes.get(graph.reader(edge)) : parent;
      Node right = nodes.get(graph.reader(edge));
      first = false;
      while (left != right) {
        if (left == null || right == null) {
          return new Node(call, null, 0, FusionKind.OPAQUE);
        }
        if (left.depth >= right.depth) {
          kind = FusionGraph.harder(kind, left.kind);
          left = left.parent;
        } else {
          kind = FusionGraph.harder(kind, right.kind);
          right = right.parent;
        }
      }
      parent = left;
    }
    return parent == null
        ? new Node(call, null, 0, FusionKind.OPAQUE)
        : new Node(call, parent, parent.depth + 1, kind);
  }
}
