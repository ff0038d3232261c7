package org.jtvmc.compiler.onnx.convert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.graph.Attributes;
import org.jtvmc.ir.graph.Expr;
import org.jtvmc.ir.type.DType;
import org.jtvmc.ir.type.Dim;
import org.jtvmc.ir.type.TensorType;

/**
 * Operators whose result has a shape that is computed: the run finds the sizes, and from there on
 * they are as open sizes are. For values where the ordinary rules need numbers.
 */
final class OpenShapes {

  /** Rules for values that are not known, whatever the sizes of the inputs. */
  private static final Map<String, Conversion.Rule> RULES =
      Map.ofEntries(
          Map.entry("AffineGrid", one(OpenGrids::affineGrid)),
          Map.entry("BlackmanWindow", one(node -> OpenGrids.window(node, 0.42, 0.5, 0.08))),
          Map.entry("CenterCropPad", one(OpenParts::centre)),
          Map.entry("Col2Im", one(OpenImages::columnsToImage)),
          Map.entry("ConstantOfShape", one(OpenShapes::constantOfShape)),
          Map.entry("DFT", one(SignalTransforms::transformAtRunTime)),
          Map.entry("Expand", one(OpenShapes::expand)),
          Map.entry("HammingWindow", one(node -> OpenGrids.window(node, 25.0 / 46, 21.0 / 46, 0))),
          Map.entry("HannWindow", one(node -> OpenGrids.window(node, 0.5, 0.5, 0))),
          Map.entry("MaxUnpool", one(OpenImages::maxUnpool)),
          Map.entry("MelWeightMatrix", one(OpenSignals::melWeights)),
          Map.entry("OneHot", one(OpenShapes::oneHot)),
          Map.entry("Pad", one(OpenParts::pad)),
          Map.entry("Range", one(OpenShapes::range)),
          Map.entry("Resize", one(OpenResizes::resize)),
          Map.entry("STFT", one(OpenSignals::shortTime)),
          Map.entry("Tile", one(OpenShapes::tile)),
          Map.entry("Upsample", one(OpenResizes::simple)));

  /** Rules for values that are not known where the inputs' sizes are open, too. */
  private static final Map<String, Conversion.Rule> OPEN_RULES =
      Map.of(
          "Reshape",
          one(OpenShapes::reshape),
          "Slice",
          one(OpenParts::slice),
          "Split",
          OpenParts::split,
          "TopK",
          Searches::topKOfOpen);

  /** The rule for a node, where there is one. */
  static Optional<Conversion.Rule> find(OnnxNode node) {
    if (!node.domain().isEmpty()) {
      return Optional.empty();
    }
    if (Reductions.names().contains(node.operator()) && isEmpty(node)) {
      return Optional.of(one(OpenShapes::reduceNothing));
    }
    if (node.operator().equals("Split") && isEmpty(node)) {
      return Optional.of(OpenParts::split);
    }
    boolean isOpen =
        node.has(0) && node.input(0).type() instanceof TensorType type && !type.isStatic();
    Conversion.Rule rule = RULES.get(node.operator());
    return Optional.ofNullable(rule == null && isOpen ? OPEN_RULES.get(node.operator()) : rule);
  }

  private static boolean isEmpty(OnnxNode node) {
    return node.has(1)
        && node.type(0).isStatic()
        && node.type(0).elements() == 0
        && node.type(1).elements() > 0;
  }

  private static Conversion.Rule one(Conversion.SingleRule rule) {
    return node -> List.of(rule.convert(node));
  }

  private static Expr constantOfShape(OnnxNode node) {
    NDArray fill = node.tensor("value").orElseGet(() -> NDArray.scalar(DType.F32, 0));
    OpenSizes sizes = new OpenSizes(node);
    List<Dim> shape = sizes.decide(sizes.vector(0));
    Attributes.Builder attributes =
        Attributes.builder().putSizes("shape", shape).put("dtype", fill.dtype());
    return fill.dtype().isFloat()
        ? node.call("full", attributes.put("value", fill.getDouble(0)))
        : node.call("full", attributes.put("value", fill.getLong(0)));
  }

  /** A size that is 1 leaves the input's as it is. */
  private static Expr expand(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    Composer c = sizes.c();
    Expr wanted = sizes.vector(1);
    int given = Math.toIntExact(c.size(wanted, 0));
    int rank = Math.max(given, node.rank(0));
    List<Dim> own = new ArrayList<>(Collections.nCopies(rank - node.rank(0), Dim.of(1)));
    own.addAll(node.type(0).shape());
    if (given < rank) {
      Expr ones = node.value(NDArray.ofLongs(Collections.nCopies(rank - given, 1L)));
      wanted = c.concat(0, ones, wanted);
    }
    Expr stays = node.call("equal", wanted, c.scalar(wanted, 1));
    Expr result = c.where(stays, node.shape(own), wanted);
    List<Dim> shape =
        sizes.decide(
            result,
            own.stream().map(size -> Optional.of(size).filter(s -> !s.equals(Dim.of(1)))).toList());
    return node.call("broadcast_to", Attributes.builder().putSizes("shape", shape), node.input(0));
  }

  private static Expr range(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    Composer c = sizes.c();
    Expr start = c.reshape(node.input(0));
    Expr limit = c.reshape(node.input(1));
    Expr step = c.reshape(node.input(2));
    DType dtype = c.dtype(start);
    Expr difference = c.subtract(limit, start);
    Expr count =
        dtype.isFloat()
            ? c.cast(
                c.unary("ceil", c.divide(c.cast(difference, DType.F64), c.cast(step, DType.F64))),
                DType.I64)
            : sizes.ceilDivide(c.cast(difference, DType.I64), c.cast(step, DType.I64));
    Expr natural = node.call("maximum", count, c.scalar(count, 0));
    Dim length = sizes.decide(c.reshape(natural, 1)).getFirst();
    Expr places = sizes.positions(length);
    DType sum = dtype.isFloat() && dtype.bits() < 32 ? DType.F32 : dtype;
    Expr moved = c.multiply(c.cast(places, sum), c.cast(step, sum));
    return c.cast(c.add(moved, c.cast(start, sum)), dtype);
  }

  private static Expr tile(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    Composer c = sizes.c();
    TensorType type = node.type(0);
    Expr repeats = sizes.vector(1);
    if (node.opset() < 6) {
      throw node.fault("repeats along an axis that is computed, which is not supported");
    }
    List<Dim> shape = sizes.decide(c.multiply(repeats, node.shape(type.shape())));
    Expr result = node.input(0);
    for (int axis = 0; axis < type.rank(); axis++) {
      Expr own = c.reshape(node.shape(List.of(type.dim(axis))));
      Expr places = node.call("mod", sizes.positions(shape.get(axis)), own);
      result = c.take(result, places, axis);
    }
    return result;
  }

  /** A 0 in the shape is a size of the input's, a -1 what remains. */
  private static Expr reshape(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    Composer c = sizes.c();
    Expr wanted = sizes.vector(1);
    int rank = Math.toIntExact(c.size(wanted, 0));
    List<Dim> own = node.type(0).shape();
    if (!node.flag("allowzero", false)) {
      List<Dim> same = new ArrayList<>(own.subList(0, Math.min(rank, own.size())));
      while (same.size() < rank) {
        same.add(Dim.of(0));
      }
      wanted = c.where(node.call("equal", wanted, c.scalar(wanted, 0)), node.shape(same), wanted);
    }
    Expr remains = node.call("less", wanted, c.scalar(wanted, 0));
    Expr others = c.reduce("prod", c.where(remains, c.scalar(wanted, 1), wanted), false, 0);
    Expr all = sizes.number(own.stream().reduce(Dim.of(1), Dim::times));
    Expr rest = c.divide(all, node.call("maximum", others, c.scalar(others, 1)));
    return sizes.reshape(node.input(0), sizes.decide(c.where(remains, rest, wanted)));
  }

  /** What reductions of no elements give, in as many places as there are. */
  private static Expr reduceNothing(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    AtRunTime r = AtRunTime.of(node);
    Composer c = sizes.c();
    List<Expr> named = r.named(r.inputVector(1), node.rank(0));
    Expr none = node.value(NDArray.allocate(TensorType.of(node.type(0).dtype(), 0)));
    Expr neutral = c.reduce(Reductions.operator(node), none, false, 0);
    Expr shape;
    if (node.flag("keepdims", true)) {
      List<Expr> kept = new ArrayList<>();
      for (int axis = 0; axis < named.size(); axis++) {
        kept.add(c.where(named.get(axis), r.number(1), r.number(node.sizes(0).get(axis))));
      }
      shape = r.join(kept);
    } else {
      long rank = node.rank(0) - node.type(1).elements();
      shape = r.kept(r.sizes(0), named, rank);
    }
    return sizes.full(neutral, sizes.decide(shape));
  }

  private static Expr oneHot(OnnxNode node) {
    OpenSizes sizes = new OpenSizes(node);
    Composer c = sizes.c();
    int rank = node.rank(0) + 1;
    int axis = node.axis(node.integer("axis", -1), rank);
    Expr depth = sizes.number(1, DType.I64);
    Dim size = sizes.decideOne(depth);
    Expr indices = c.cast(node.input(0), DType.I64);
    Expr isNegative = node.call("less", indices, c.scalar(indices, 0));
    Expr counted = c.where(isNegative, c.add(indices, depth), indices);
    Expr places = sizes.along(sizes.positions(size), axis, rank);
    Expr isHot = node.call("equal", c.expandDims(counted, axis), places);
    Expr values = c.reshape(node.input(2), -1);
    return c.where(isHot, sizes.at(values, 1), sizes.at(values, 0));
  }
}
