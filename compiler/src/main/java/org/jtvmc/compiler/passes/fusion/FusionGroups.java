package org.jtvmc.compiler.passes.fusion;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import org.jgrapht.alg.util.UnionFind;
import org.jtvmc.compiler.passes.Views;
import org.jtvmc.ir.graph.Call;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.graph.FusionKind;
import org.jtvmc.ir.graph.Operator;

/**
 * Partitions calls into kernels. A group has one result, which post-dominates all its members, so
 * that no path leaves it and returns; and at most one member is harder than injective (its anchor).
 */
final class FusionGroups {

  /** Operators whose result has the operand's elements at other places: safe behind an anchor. */
  private static final Set<String> MOVES_DATA = Set.of("transpose");

  private final FuseOperators.Options options;
  private final FusionGraph graph;
  private final PostDominatorTree tree;
  private final UnionFind<Call> sets;

  /** Of each set's representative. */
  private final Map<Call, Group> groups = new HashMap<>();

  private record Group(FusionKind kind, Set<Call> members) {}

  FusionGroups(FusionGraph graph, FuseOperators.Options options) {
    this.options = options;
    this.graph = graph;
    this.tree = new PostDominatorTree(graph);
    this.sets = new UnionFind<>(new LinkedHashSet<>(graph.order()));
    for (Call call : graph.order()) {
      groups.put(call, new Group(FusionGraph.kind(call), Set.of(call)));
    }
    graph.order().forEach(this::joinAnchorOrPrologue);
    graph.order().forEach(this::joinDataMovement);
    graph.order().forEach(this::joinProductChain);
    graph.order().forEach(this::joinWindowChain);
    graph.order().forEach(this::joinSlice);
    graph.order().forEach(this::joinInjective);
  }

  /**
   * The groups, producers before consumers, each with its members in the graph's order; the last
   * member gives the result. Views at a group's ends stand alone, because alone they cost nothing.
   */
  List<List<Call>> groups() {
    Map<Call, List<Call>> byRepresentative = new HashMap<>();
    for (Call call : graph.order()) {
      byRepresentative.computeIfAbsent(sets.find(call), _ -> new ArrayList<>()).add(call);
    }
    List<List<Call>> ordered = new ArrayList<>();
    for (Call call : graph.order()) {
      List<Call> group = byRepresentative.get(sets.find(call));
      if (group.getLast() == call) {
        peelViews(group, ordered);
      }
    }
    return ordered;
  }

  private void peelViews(List<Call> group, List<List<Call>> into) {
    List<Call> rest = new ArrayList<>(group);
    List<List<Call>> behind = new ArrayList<>();
    while (rest.size() > 1 && Views.isView(rest.getLast())) {
      behind.addFirst(List.of(rest.removeLast()));
    }
    for (Call call : group) {
      if (rest.size() > 1
          && Views.isView(call)
          && graph.producers(call).stream().noneMatch(rest::contains)
          && rest.remove(call)) {
        into.add(List.of(call));
      }
    }
    into.add(rest);
    into.addAll(behind);
  }

  /**
   * Elementwise consumers join a convolution, a matrix product or a reduction that gives their
   * shape; elementwise and broadcasting producers join whatever reads them element by element or
   * reduces them.
   */
  private void joinAnchorOrPrologue(Call call) {
    FusionKind kind = group(call).kind;
    switch (kind) {
      case OUT_ELEMENTWISE_FUSABLE, REDUCTION -> {
        if (tree.kind(call) == FusionKind.ELEMENTWISE) {
          join(call, (group, _) -> isAtMost(group, FusionKind.BROADCAST));
        }
      }
      case ELEMENTWISE, BROADCAST -> {
        if (isAtMost(tree.kind(call), FusionKind.REDUCTION)) {
          join(
              call,
              (group, isLast) ->
                  isAtMost(
                      group, isLast ? FusionKind.OUT_ELEMENTWISE_FUSABLE : FusionKind.INJECTIVE));
        }
      }
      case INJECTIVE, TUPLE, OPAQUE -> {}
    }
  }

  /** Chains of calls that only compute where to read become one. */
  private void joinInjective(Call call) {
    if (group(call).kind == FusionKind.INJECTIVE) {
      join(call, (group, _) -> isAtMost(group, FusionKind.INJECTIVE));
    }
  }

  /**
   * A transpose of an anchor's result, possibly through reshapes, joins it, and elementwise work
   * behind that: the kernel then stores straight to the transposed place.
   */
  private void joinDataMovement(Call call) {
    if (!options.dataMovementAfterAnchors()
        || group(call).kind != FusionKind.OUT_ELEMENTWISE_FUSABLE
        || !isResult(call)) {
      return;
    }
    Call mover = call;
    while (graph.readers(mover).size() == 1 && !graph.escapes(mover)) {
      mover = graph.readers(mover).getFirst();
      if (MOVES_DATA.contains(((Operator) mover.callee()).name())) {
        if (isAtMost(group(mover).kind, FusionKind.INJECTIVE)) {
          merge(between(call, mover));
          Call moved = mover;
          if (tree.kind(moved) == FusionKind.ELEMENTWISE && sets.inSameSet(call, moved)) {
            soleReader(moved)
                .filter(reader -> isAtMost(group(reader).kind, FusionKind.BROADCAST))
                .ifPresent(reader -> merge(between(call, reader)));
          }
        }
        return;
      }
      if (!Views.isView(mover)) {
        return;
      }
    }
  }

  /**
   * A matrix product, what reduces its rows, and the product that takes them as its rows become one
   * kernel (attention), which needs the tensors between them a few rows at a time only.
   *
   * <pre>{@code
   * matmul(softmax(add(matmul(%q, %k), %mask)), %v)
   * }</pre>
   */
  private void joinProductChain(Call call) {
    if (!options.productChains() || !RowChains.isProduct(call)) {
      return;
    }
    Optional<Call> rows = soleReader(result(call)).filter(this::reducesRows);
    rows.map(this::result)
        .filter(RowChains::hasRows)
        .flatMap(
            left ->
                soleReader(left)
                    .filter(RowChains::isProduct)
                    .filter(product -> RowChains.takesRows(product, left)))
        .ifPresent(product -> merge(between(call, product)));
  }

  /**
   * A convolution that does little for each element that it reads, and the one that computes them,
   * become one kernel, which needs the tensor between them a few rows at a time only.
   *
   * <pre>{@code
   * conv2d(relu(conv2d(%x, %expansion)), %depthwise, groups=...)
   * }</pre>
   */
  private void joinWindowChain(Call call) {
    if (!options.windowChains() || !WindowChains.isConvolution(call)) {
      return;
    }
    if (call.arguments().getFirst() instanceof Call data
        && FusionGraph.isOperatorCall(data)
        && soleReader(data).isPresent()
        && group(data).kind == FusionKind.OUT_ELEMENTWISE_FUSABLE
        && graph.order().reversed().stream()
            .filter(group(data).members::contains)
            .filter(WindowChains::isConvolution)
            .findFirst()
            .filter(producer -> WindowChains.isWorth(producer, data, call))
            .isPresent()) {
      merge(between(data, call));
    }
  }

  /** A product reads its operand out of a larger tensor, where that takes a shift only. */
  private void joinSlice(Call call) {
    if (!options.slices() || !call.isCallOf("strided_slice")) {
      return;
    }
    Optional<Call> reader = soleReader(call);
    while (reader.filter(Views::isView).isPresent()) {
      reader = soleReader(reader.get());
    }
    reader.filter(RowChains::isProduct).ifPresent(product -> merge(between(call, product)));
  }

  /** The reader of a value, where there is no other. */
  private Optional<Call> soleReader(Call call) {
    List<Call> readers = graph.readers(call);
    return readers.size() == 1 && !graph.escapes(call)
        ? Optional.of(readers.getFirst())
        : Optional.empty();
  }

  /** The last call of the group that {@code call} is in, along readers that have no sibling. */
  private Call result(Call call) {
    Call last = call;
    for (Optional<Call> next = soleReader(last);
        next.isPresent() && sets.inSameSet(last, next.get());
        next = soleReader(last)) {
      last = next.get();
    }
    return last;
  }

  private boolean reducesRows(Call call) {
    Group group = group(call);
    return group.kind == FusionKind.REDUCTION
        && group.members.stream().allMatch(RowChains::keepsRows);
  }

  private boolean isResult(Call call) {
    return graph.escapes(call)
        || graph.readers(call).stream().noneMatch(reader -> sets.inSameSet(reader, call));
  }

  private Group group(Call call) {
    return groups.get(sets.find(call));
  }

  /** {@code allowed} is asked about the group of each call on the paths, and whether it is last. */
  private void join(Call call, BiPredicate<FusionKind, Boolean> allowed) {
    Call parent = tree.parent(call).orElse(null);
    if (parent == null || sets.inSameSet(call, parent)) {
      return;
    }
    Set<Call> path = between(call, parent);
    for (Call member : path) {
      if (member != call && !allowed.test(group(member).kind, member == parent)) {
        return;
      }
    }
    merge(path);
  }

  /** The calls on the paths from {@code first} to its post-dominator {@code last}, with both. */
  private Set<Call> between(Call first, Call last) {
    Set<Call> path = new LinkedHashSet<>();
    Deque<Call> pending = new ArrayDeque<>(List.of(first));
    while (!pending.isEmpty()) {
      Call call = pending.pop();
      if (path.add(call) && call != last) {
        graph.readers(call).forEach(pending::push);
      }
    }
    return path;
  }

  /** Makes one group of those of all {@code path}, where that keeps within the limits. */
  private void merge(Set<Call> path) {
    Set<Call> members = new HashSet<>();
    FusionKind kind = FusionKind.ELEMENTWISE;
    Set<Call> representatives = new HashSet<>();
    for (Call call : path) {
      Call representative = sets.find(call);
      if (representatives.add(representative)) {
        Group group = groups.get(representative);
        kind = FusionGraph.harder(kind, group.kind);
        members.addAll(group.members);
      }
    }
    if (members.size() > options.maxOperators() || inputs(members) > options.maxParameters()) {
      return;
    }
    Call any = path.iterator().next();
    path.forEach(call -> sets.union(any, call));
    groups.put(sets.find(any), new Group(kind, members));
  }

  private static int inputs(Set<Call> members) {
    Set<Expr> inputs = new HashSet<>();
    for (Call member : members) {
      for (Expr operand : FusionGraph.operands(member)) {
        if (!(operand instanceof Call call && members.contains(call))) {
          inputs.add(operand);
        }
      }
    }
    return inputs.size();
  }

  private static boolean isAtMost(FusionKind kind, FusionKind limit) {
    return kind.compareTo(limit) <= 0;
  }
}
