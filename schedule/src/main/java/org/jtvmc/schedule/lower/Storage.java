package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.IterVar;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.StorageOrder;

/** Where a tensor's elements lie: element {@code i} at {@code buffer[i - mins]}. */
record Storage(Buffer buffer, List<LinearForm> mins) {
  /** Lines of a swizzled buffer of which each keeps its parts in another order. */
  private static final long LINES = 8;

  /** A whole tensor in memory that the caller gives. */
  static Storage parameter(Tensor tensor, String id) {
    Buffer buffer = Buffer.dense(id, tensor.dtype(), tensor.shape(), Scope.GLOBAL);
    return new Storage(buffer, Collections.nCopies(tensor.rank(), LinearForm.ZERO));
  }

  /** What a stage computes: whole where it is at the root, its region else. */
  static Storage intermediate(StageNest nest) {
    Stage stage = nest.stage;
    List<PrimExpr> shape = nest.region.extents();
    Buffer buffer =
        stage.isRoot()
            ? Buffer.dense(stage.id(), stage.tensor().dtype(), shape, Scope.GLOBAL)
            : new Buffer(
                stage.id(),
                stage.tensor().dtype(),
                shape,
                strides(nest),
                stage.scope(),
                isSwizzled(nest));
    return new Storage(buffer, nest.region.mins());
  }

  /**
   * True where the order says so, and the elements fill whole lines of which eight belong together.
   */
  private static boolean isSwizzled(StageNest nest) {
    Stage stage = nest.stage;
    boolean wanted = stage.order().filter(StorageOrder::swizzled).isPresent();
    if (!wanted || stage.scope() != Scope.SHARED) {
      return false;
    }
    String last = stage.order().get().axes().getLast();
    long line = Buffer.LINE_BYTES / stage.tensor().dtype().bytes();
    long elements = 1;
    long ofLast = 0;
    for (int axis = 0; axis < nest.region.extents().size(); axis++) {
      if (!(nest.region.extents().get(axis) instanceof IntImm extent)) {
        return false;
      }
      elements *= extent.value();
      ofLast = stage.axes().get(axis).id().equals(last) ? extent.value() : ofLast;
    }
    return ofLast % line == 0 && elements / ofLast % LINES == 0;
  }

  /**
   * Strides with which the elements of a region lie in the order in which its loops make them,
   * those of a vector side by side.
   */
  private static List<PrimExpr> strides(StageNest nest) {
    List<Axis> axes = nest.stage.op().axes();
    PrimExpr[] strides = new PrimExpr[axes.size()];
    PrimExpr stride = IntImm.of(1);
    if (nest.stage.order().isPresent()) {
      StorageOrder order = nest.stage.order().get();
      List<String> ids = nest.stage.axes().stream().map(IterVar::id).toList();
      for (String id : order.axes().reversed()) {
        int axis = ids.indexOf(id);
        strides[axis] = stride;
        long padding = IntImm.is(stride, 1) ? order.padding() : 0;
        stride = stride.times(nest.region.extents().get(axis)).plus(padding);
      }
      return List.of(strides);
    }
    List<StageNest.Leaf> fastestFirst = new ArrayList<>(nest.leaves.reversed());
    fastestFirst.sort(
        Comparator.comparing((StageNest.Leaf leaf) -> leaf.kind() != ForKind.VECTORIZED));
    for (StageNest.Leaf leaf : fastestFirst) {
      for (int axis = axes.size() - 1; axis >= 0; axis--) {
        if (strides[axis] == null
            && leaf.var() != null
            && PrimExprs.uses(nest.axisValues.get(axes.get(axis).var()).toExpr(), leaf.var())) {
          strides[axis] = stride;
          stride = stride.times(nest.region.extents().get(axis));
        }
      }
    }
    for (int axis = axes.size() - 1; axis >= 0; axis--) {
      if (strides[axis] == null) {
        strides[axis] = stride;
        stride = stride.times(nest.region.extents().get(axis));
      }
    }
    return List.of(strides);
  }

  /** The buffer's indices for an element of the tensor. */
  List<PrimExpr> indices(List<LinearForm> element) {
    List<PrimExpr> indices = new ArrayList<>(element.size());
    for (int axis = 0; axis < element.size(); axis++) {
      indices.add(element.get(axis).minus(mins.get(axis)).toExpr());
    }
    return indices;
  }

  PrimExpr load(List<LinearForm> element) {
    return new Load(buffer, indices(element));
  }
}
