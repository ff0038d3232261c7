package org.jtvmc.tuner.cost;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.tuner.feature.ProgramFeatures;

/**
 * Trees that are grown and only asked any more: any number of threads may ask, nothing native is
 * loaded, and the same features give the same score on every machine.
 *
 * <p>Nodes of all trees lie one behind the other. A node with a column sends a row to its left
 * child where the row's value is less than the node's, and to the child behind that one otherwise;
 * a leaf has the value itself.
 */
final class RegressionTrees {
  private static final int FORMAT = 1;
  private static final int LEAF = -1;

  /** The names of the columns that the nodes ask for, in the order of a row. */
  private final List<String> names;

  private final int[] roots;
  private final int[] columns;
  private final int[] lefts;
  private final float[] values;

  private RegressionTrees(
      List<String> names, int[] roots, int[] columns, int[] lefts, float[] values) {
    this.names = List.copyOf(names);
    this.roots = roots;
    this.columns = columns;
    this.lefts = lefts;
    this.values = values;
  }

  /**
   * The trees of a model in XGBoost's JSON form.
   *
   * @param names of the columns that it was trained on
   */
  static RegressionTrees ofXGBoost(byte[] json, List<String> names) {
    try {
      JsonNode trees =
          new ObjectMapper().readTree(json).at("/learner/gradient_booster/model/trees");
      Flattening flat = new Flattening();
      trees.forEach(flat::add);
      return flat.trees(names);
    } catch (IOException e) {
      throw new IllegalStateException("XGBoost wrote no JSON: " + e.getMessage(), e);
    }
  }

  /** Lays the two children of a node side by side. */
  private static final class Flattening {
    private final List<Integer> roots = new ArrayList<>();
    private final List<Integer> columns = new ArrayList<>();
    private final List<Integer> lefts = new ArrayList<>();
    private final List<Float> values = new ArrayList<>();

    void add(JsonNode tree) {
      roots.add(columns.size());
      List<Integer> order = new ArrayList<>(List.of(0));
      int first = columns.size();
      for (int at = 0; at < order.size(); at++) {
        int node = order.get(at);
        int left = tree.path("left_children").path(node).asInt();
        values.add((float) tree.path("split_conditions").path(node).asDouble());
        if (left < 0) {
          columns.add(LEAF);
          lefts.add(0);
        } else {
          columns.add(tree.path("split_indices").path(node).asInt());
          lefts.add(first + order.size());
          order.add(left);
          order.add(tree.path("right_children").path(node).asInt());
        }
      }
    }

    RegressionTrees trees(List<String> names) {
      float[] flat = new float[values.size()];
      for (int k = 0; k < flat.length; k++) {
        flat[k] = values.get(k);
      }
      return new RegressionTrees(names, ints(roots), ints(columns), ints(lefts), flat);
    }

    private static int[] ints(List<Integer> list) {
      return list.stream().mapToInt(Integer::intValue).toArray();
    }
  }

  List<String> names() {
    return names;
  }

  /**
   * The same trees for rows with other columns.
   *
   * @throws IllegalArgumentException where a column that they ask for is missing
   */
  RegressionTrees forColumns(List<String> others) {
    Map<String, Integer> positions = new HashMap<>();
    others.forEach(name -> positions.put(name, positions.size()));
    int[] moved = new int[columns.length];
    for (int k = 0; k < moved.length; k++) {
      moved[k] = columns[k] == LEAF ? LEAF : position(names.get(columns[k]), positions);
    }
    return new RegressionTrees(others, roots, moved, lefts, values);
  }

  private static int position(String name, Map<String, Integer> positions) {
    Integer position = positions.get(name);
    if (position == null) {
      throw new IllegalArgumentException("there is no column " + name);
    }
    return position;
  }

  /** The sum of all trees over all rows of a program. */
  double score(ProgramFeatures program) {
    // All rows go down one tree after the other, while its nodes are in the cache; the sum is over
    // the trees of a row first.
    float[] leaves = new float[program.rows() * roots.length];
    for (int tree = 0; tree < roots.length; tree++) {
      for (int row = 0; row < program.rows(); row++) {
        leaves[row * roots.length + tree] = values[leaf(roots[tree], program, row)];
      }
    }
    double sum = 0;
    for (float leaf : leaves) {
      sum += leaf;
    }
    return sum;
  }

  private int leaf(int root, ProgramFeatures program, int row) {
    int node = root;
    for (int column = columns[node]; column != LEAF; column = columns[node]) {
      node = lefts[node] + (program.at(row, column) < values[node] ? 0 : 1);
    }
    return node;
  }

  void write(DataOutputStream out) throws IOException {
    out.writeInt(FORMAT);
    out.writeInt(names.size());
    for (String name : names) {
      out.writeUTF(name);
    }
    out.writeInt(roots.length);
    for (int root : roots) {
      out.writeInt(root);
    }
    out.writeInt(columns.length);
    for (int k = 0; k < columns.length; k++) {
      out.writeShort(columns[k]);
      out.writeInt(lefts[k]);
      out.writeFloat(values[k]);
    }
  }

  /** What {@link #write} wrote. */
  static RegressionTrees read(DataInputStream in) throws IOException {
    int format = in.readInt();
    if (format != FORMAT) {
      throw new IOException("trees of format " + format + ", not " + FORMAT);
    }
    List<String> names = new ArrayList<>();
    for (int k = in.readInt(); k > 0; k--) {
      names.add(in.readUTF());
    }
    int[] roots = new int[in.readInt()];
    for (int k = 0; k < roots.length; k++) {
      roots[k] = in.readInt();
    }
    int nodes = in.readInt();
    int[] columns = new int[nodes];
    int[] lefts = new int[nodes];
    float[] values = new float[nodes];
    for (int k = 0; k < nodes; k++) {
      columns[k] = in.readShort();
      lefts[k] = in.readInt();
      values[k] = in.readFloat();
    }
    return new RegressionTrees(names, roots, columns, lefts, values);
  }
}
