package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;

/**
 * Decision trees of {@code ai.onnx.ml}: TreeEnsemble, and the older TreeEnsembleRegressor.
 *
 * @see <a href="https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html">TreeEnsemble</a>
 */
final class TreeEnsembles {

  private static final String DOMAIN = "ai.onnx.ml";
  private static final List<String> AGGREGATES = List.of("AVERAGE", "SUM", "MIN", "MAX");
  private static final List<String> TRANSFORMS =
      List.of("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT");
  private static final List<String> MODES =
      List.of(
          "BRANCH_LEQ",
          "BRANCH_LT",
          "BRANCH_GTE",
          "BRANCH_GT",
          "BRANCH_EQ",
          "BRANCH_NEQ",
          "BRANCH_MEMBER");
  private static final long MEMBER = MODES.indexOf("BRANCH_MEMBER");

  private final OnnxNode node;
  private final List<Long> nodes = new ArrayList<>();
  private final List<Long> roots = new ArrayList<>();
  private final List<Long> leaves = new ArrayList<>();
  private final List<Long> entries = new ArrayList<>();
  private final List<Long> members = new ArrayList<>();

  private TreeEnsembles(OnnxNode node) {
    this.node = node;
  }

  static List<Conversion> all() {
    return List.of(
        new Conversion(
                DOMAIN, "TreeEnsemble", 5, node -> List.of(new TreeEnsembles(node).ensemble()))
            .limitedTo("post_transform NONE, SOFTMAX, LOGISTIC"),
        new Conversion(
                DOMAIN,
                "TreeEnsembleRegressor",
                1,
                node -> List.of(new TreeEnsembles(node).regressor()))
            .limitedTo("post_transform NONE, SOFTMAX, LOGISTIC"));
  }

  private Expr ensemble() {
    List<Long> modes = longs("nodes_modes");
    List<Double> bounds = doubles("nodes_splits");
    List<Double> sets = doubles("membership_values");
    List<Long> missing =
        node.integers("nodes_missing_value_tracks_true")
            .orElse(Collections.nCopies(modes.size(), 0L));
    int set = 0;
    for (int i = 0; i < modes.size(); i++) {
      int begin = members.size();
      if (modes.get(i) == MEMBER) {
        for (; set < sets.size() && !Double.isNaN(sets.get(set)); set++) {
          members.add(bits(sets.get(set)));
        }
        set++;
      }
      addNode(
          modes.get(i),
          required("nodes_featureids").get(i),
          bounds.get(i),
          branch("true", i),
          branch("false", i),
          missing.get(i),
          begin);
    }
    List<Double> weights = doubles("leaf_weights");
    for (int leaf = 0; leaf < weights.size(); leaf++) {
      leaves.add((long) leaf);
      entry(required("leaf_targetids").get(leaf), weights.get(leaf));
    }
    roots.addAll(required("tree_roots"));
    return transformed(
        trees(node.integer("aggregate_function", 1)),
        TRANSFORMS.get(Math.toIntExact(node.integer("post_transform", 0))));
  }

  private long branch(String side, int at) {
    long target = required("nodes_%snodeids".formatted(side)).get(at);
    return required("nodes_%sleafs".formatted(side)).get(at) != 0 ? -1 - target : target;
  }

  /** A node of a tree, as the older operators name it. */
  private record Place(long tree, long id) {}

  private Expr regressor() {
    List<Long> treeIds = required("nodes_treeids");
    List<Long> ids = required("nodes_nodeids");
    List<String> modes = node.texts("nodes_modes").orElse(List.of());
    List<Double> bounds = floats("nodes_values");
    List<Long> missing =
        node.integers("nodes_missing_value_tracks_true")
            .orElse(Collections.nCopies(modes.size(), 0L));
    Map<Place, Long> targets = new LinkedHashMap<>();
    long inner = 0;
    long outer = 0;
    for (int i = 0; i < ids.size(); i++) {
      boolean isLeaf = modes.get(i).equals("LEAF");
      targets.put(new Place(treeIds.get(i), ids.get(i)), isLeaf ? -1 - outer++ : inner++);
    }
    for (int i = 0; i < ids.size(); i++) {
      if (!modes.get(i).equals("LEAF")) {
        Place yes = new Place(treeIds.get(i), required("nodes_truenodeids").get(i));
        Place no = new Place(treeIds.get(i), required("nodes_falsenodeids").get(i));
        if (!targets.containsKey(yes) || !targets.containsKey(no)) {
          throw node.fault("has a tree whose node %d leads nowhere".formatted(ids.get(i)));
        }
        addNode(
            MODES.indexOf(modes.get(i)),
            required("nodes_featureids").get(i),
            bounds.get(i),
            targets.get(yes),
            targets.get(no),
            missing.get(i),
            0);
      }
    }
    addLeaves(targets);
    Map<Long, Long> firsts = new LinkedHashMap<>();
    targets.forEach((place, target) -> firsts.putIfAbsent(place.tree, target));
    roots.addAll(firsts.values());
    Composer c = new Composer(node);
    Expr sums = trees(AGGREGATES.indexOf(node.text("aggregate_function", "SUM")));
    List<Double> base = floats("base_values");
    if (!base.isEmpty()) {
      double[] values = base.stream().mapToDouble(value -> value).toArray();
      sums = c.add(sums, Attentions.vector(node, c.dtype(sums), values));
    }
    return transformed(sums, node.text("post_transform", "NONE"));
  }

  /** The entries of each leaf, in the order of the leaves. */
  private void addLeaves(Map<Place, Long> targets) {
    List<Long> trees = required("target_treeids");
    List<Long> ids = required("target_nodeids");
    List<Double> weights = floats("target_weights");
    Map<Place, List<Integer>> byLeaf = new LinkedHashMap<>();
    for (int i = 0; i < ids.size(); i++) {
      byLeaf.computeIfAbsent(new Place(trees.get(i), ids.get(i)), _ -> new ArrayList<>()).add(i);
    }
    targets.forEach(
        (place, target) -> {
          if (target < 0) {
            leaves.add((long) entries.size() / 2);
            for (int i : byLeaf.getOrDefault(place, List.of())) {
              entry(required("target_ids").get(i), weights.get(i));
            }
          }
        });
  }

  private void addNode(
      long mode, long feature, double bound, long yes, long no, long missing, int firstMember) {
    nodes.addAll(
        List.of(
            mode,
            feature,
            bits(bound),
            yes,
            no,
            missing,
            (long) firstMember,
            (long) members.size()));
  }

  private void entry(long target, double weight) {
    entries.add(target);
    entries.add(bits(weight));
  }

  private Expr trees(long aggregate) {
    long targets = node.requiredInteger("n_targets");
    check(targets);
    List<Long> all =
        new ArrayList<>(
            List.of(
                nodes.size() / 8L,
                (long) leaves.size(),
                entries.size() / 2L,
                (long) roots.size(),
                (long) members.size()));
    all.addAll(nodes);
    all.addAll(roots);
    all.addAll(leaves);
    all.add(entries.size() / 2L);
    all.addAll(entries);
    all.addAll(members);
    return node.call(
        "host.trees",
        Attributes.builder().put("targets", targets).put("aggregate", aggregate),
        node.input(0),
        node.value(NDArray.ofLongs(all)));
  }

  /** What a run relies on: every place is one, and no way through a tree comes back. */
  private void check(long targets) {
    long features = node.size(node.type(0).shape().getLast());
    int count = nodes.size() / 8;
    boolean valid = node.rank(0) == 2;
    for (int i = 0; i < count; i++) {
      valid &= nodes.get(8 * i) >= 0 && nodes.get(8 * i) <= MEMBER;
      valid &= nodes.get(8 * i + 1) >= 0 && nodes.get(8 * i + 1) < features;
      valid &= isPlace(nodes.get(8 * i + 3), count) && isPlace(nodes.get(8 * i + 4), count);
    }
    valid &= roots.stream().allMatch(root -> isPlace(root, count));
    valid &=
        IntStream.range(0, entries.size() / 2)
            .allMatch(i -> entries.get(2 * i) >= 0 && entries.get(2 * i) < targets);
    if (!valid || comesBack(count)) {
      throw node.fault("has trees that are none, or that do not fit its input");
    }
  }

  private boolean isPlace(long place, int count) {
    return place < count && -1 - place < leaves.size();
  }

  /** Whether a node is reached from itself; every node has at most one that leads to it. */
  private boolean comesBack(int count) {
    int[] waiting = new int[count];
    for (int i = 0; i < count; i++) {
      for (int side = 3; side <= 4; side++) {
        long next = nodes.get(8 * i + side);
        if (next >= 0 && (side == 3 || next != nodes.get(8 * i + 3))) {
          waiting[(int) next]++;
        }
      }
    }
    List<Integer> free =
        new ArrayList<>(IntStream.range(0, count).filter(i -> waiting[i] == 0).boxed().toList());
    for (int at = 0; at < free.size(); at++) {
      for (int side = 3; side <= 4; side++) {
        long next = nodes.get(8 * free.get(at) + side);
        if (next >= 0
            && (side == 3 || next != nodes.get(8 * free.get(at) + 3))
            && --waiting[(int) next] == 0) {
          free.add((int) next);
        }
      }
    }
    return free.size() < count;
  }

  private Expr transformed(Expr sums, String transform) {
    Composer c = new Composer(node);
    return switch (transform) {
      case "NONE" -> sums;
      case "SOFTMAX" -> c.softmax(sums, 1);
      case "LOGISTIC" -> c.unary("sigmoid", sums);
      default ->
          throw node.fault(
              "has the post_transform %s, which is not supported".formatted(transform));
    };
  }

  private List<Long> required(String name) {
    return node.integers(name).orElse(List.of());
  }

  private List<Long> longs(String name) {
    return node.tensor(name).map(NDArray::longs).orElse(List.of());
  }

  private List<Double> doubles(String name) {
    return node.tensor(name).map(TreeEnsembles::doubles).orElse(List.of());
  }

  /** What is floats or, under another name, a tensor. */
  private List<Double> floats(String name) {
    return node.tensor(name + "_as_tensor")
        .map(TreeEnsembles::doubles)
        .orElseGet(
            () -> node.reals(name).orElse(List.of()).stream().map(Float::doubleValue).toList());
  }

  private static List<Double> doubles(NDArray array) {
    return LongStream.range(0, array.elements()).mapToObj(array::getDouble).toList();
  }

  private static long bits(double value) {
    return Double.doubleToRawLongBits(value);
  }
}
