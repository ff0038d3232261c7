package org.jtvmc.schedule;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.ComputeOp;
import org.jtvmc.ir.te.Tensor;

/**
 * A tensor to compute, and the loops that do it. Immutable: steps make new ones.
 *
 * <p>Other stages refer to a stage by its {@link #tensor}, which never changes, while the {@link
 * #op} that computes it may: after a cache write it copies the cache.
 */
public final class Stage {
  private final String id;
  private final Tensor tensor;
  private final ComputeOp op;
  private final List<Tensor> reads;
  private final boolean output;
  private final List<IterVar> axes;
  private final List<Relation> relations;
  private final List<IterVar> leaves;
  private final Attachment attachment;
  private final Scope scope;
  private final Map<Tensor, Tensor> redirects;
  private final StageOptions options;

  private Stage(
      String id,
      Tensor tensor,
      ComputeOp op,
      List<Tensor> reads,
      boolean output,
      List<IterVar> axes,
      List<Relation> relations,
      List<IterVar> leaves,
      Attachment attachment,
      Scope scope,
      Map<Tensor, Tensor> redirects,
      StageOptions options) {
    this.id = id;
    this.tensor = tensor;
    this.op = op;
    this.reads = reads;
    this.output = output;
    this.axes = axes;
    this.relations = relations;
    this.leaves = leaves;
    this.attachment = attachment;
    this.scope = scope;
    this.redirects = redirects;
    this.options = options;
  }

  /** A stage with one serial loop per axis, in the order of the operation, computed at the root. */
  public static Stage of(String id, Tensor tensor, ComputeOp op, boolean output) {
    List<IterVar> axes = axesOf(op);
    return new Stage(
        id,
        tensor,
        op,
        List.copyOf(op.inputs()),
        output,
        axes,
        List.of(),
        axes,
        new Attachment.Root(),
        Scope.LOCAL,
        Map.of(),
        StageOptions.NONE);
  }

  private static List<IterVar> axesOf(ComputeOp op) {
    Map<String, Integer> copies = new HashMap<>();
    List<IterVar> axes = new ArrayList<>(op.axes().size() + op.reduceAxes().size());
    for (Axis axis : op.axes()) {
      axes.add(IterVar.of(unique(axis, copies), IterVar.Kind.SPATIAL, axis.extent()));
    }
    for (Axis axis : op.reduceAxes()) {
      axes.add(IterVar.of(unique(axis, copies), IterVar.Kind.REDUCE, axis.extent()));
    }
    return List.copyOf(axes);
  }

  private static String unique(Axis axis, Map<String, Integer> copies) {
    String name = axis.var().name();
    int copy = copies.merge(name, 1, Integer::sum);
    return copy == 1 ? name : name + "#" + copy;
  }

  /** The stable name by which steps refer to this stage. */
  public String id() {
    return id;
  }

  /** What the readers of this stage read. */
  public Tensor tensor() {
    return tensor;
  }

  /** What computes {@link #tensor} now; stages that it reads and that are inlined are not yet. */
  public ComputeOp op() {
    return op;
  }

  /** The tensors that {@link #op} reads, each once. */
  public List<Tensor> reads() {
    return reads;
  }

  /** True where the tensor is one of the kernel's results. */
  public boolean isOutput() {
    return output;
  }

  public boolean isReduction() {
    return op.isReduction();
  }

  /** The axes of {@link #op}, before any step: those of the output, then the reduced ones. */
  public List<IterVar> axes() {
    return axes;
  }

  /** How axes became others, in the order in which the steps did it. */
  public List<Relation> relations() {
    return relations;
  }

  /** The loops, outermost first. */
  public List<IterVar> leaves() {
    return leaves;
  }

  public Attachment attachment() {
    return attachment;
  }

  public boolean isInlined() {
    return attachment instanceof Attachment.Inlined;
  }

  public boolean isRoot() {
    return attachment instanceof Attachment.Root;
  }

  /** Where the elements live while the stage is computed at a loop of another. */
  public Scope scope() {
    return scope;
  }

  /** Tensors that this stage reads through a copy, with the copy. */
  public Map<Tensor, Tensor> redirects() {
    return redirects;
  }

  /** The greatest number of steps to which innermost loops are unrolled; 0 for none. */
  public int autoUnroll() {
    return options.autoUnroll();
  }

  /** How the elements lie in memory; empty for the order in which the loops make them. */
  public Optional<StorageOrder> order() {
    return options.order();
  }

  /** The loop that copies ahead. */
  public Optional<Pipelining> pipeline() {
    return options.pipeline();
  }

  /** The stage in whose launch this one at the root is computed. */
  public Optional<String> joined() {
    return options.joined();
  }

  /**
   * Of a stage that makes each element along its last axis of the one before it, what stands before
   * the first. Such a stage is computed inside a loop that goes through that axis, and its memory
   * has room for one element of it, which is there after the loop: it is carried along.
   */
  public Optional<PrimExpr> before() {
    return options.before();
  }

  /**
   * What all sums of this reduction so far are multiplied by whenever it has been computed, as an
   * element of another stage, which is computed at one of this stage's reduce loops.
   */
  public Optional<Read> scale() {
    return options.scale();
  }

  /** The loop named {@code axis}. */
  public Optional<IterVar> leaf(String axis) {
    int position = position(axis);
    return position < 0 ? Optional.empty() : Optional.of(leaves.get(position));
  }

  /** The position of the loop named {@code axis}, or -1. */
  public int position(String axis) {
    for (int i = 0; i < leaves.size(); i++) {
      if (leaves.get(i).id().equals(axis)) {
        return i;
      }
    }
    return -1;
  }

  /** The position of the outermost reduce loop; the number of loops where there is none. */
  public int firstReduce() {
    int position = 0;
    while (position < leaves.size() && !leaves.get(position).isReduce()) {
      position++;
    }
    return position;
  }

  /** True where no step has changed the loops. */
  public boolean isFresh() {
    return relations.isEmpty() && leaves == axes;
  }

  /** This stage computing its tensor in another way, with that operation's loops, unscheduled. */
  public Stage withOp(ComputeOp other) {
    List<IterVar> fresh = axesOf(other);
    return new Stage(
        id,
        tensor,
        other,
        List.copyOf(other.inputs()),
        output,
        fresh,
        List.of(),
        fresh,
        attachment,
        scope,
        redirects,
        options);
  }

  public Stage withLeaves(List<IterVar> other) {
    return new Stage(
        id,
        tensor,
        op,
        reads,
        output,
        axes,
        relations,
        List.copyOf(other),
        attachment,
        scope,
        redirects,
        options);
  }

  /** This stage with one loop changed in place. */
  public Stage withLeaf(String axis, UnaryOperator<IterVar> change) {
    List<IterVar> changed = new ArrayList<>(leaves);
    changed.set(position(axis), change.apply(changed.get(position(axis))));
    return withLeaves(changed);
  }

  /** This stage after {@code relation}, with the loops that it leaves. */
  public Stage withRelation(Relation relation, List<IterVar> newLeaves) {
    List<Relation> all = new ArrayList<>(relations);
    all.add(relation);
    return new Stage(
        id,
        tensor,
        op,
        reads,
        output,
        axes,
        List.copyOf(all),
        List.copyOf(newLeaves),
        attachment,
        scope,
        redirects,
        options);
  }

  public Stage withAttachment(Attachment other) {
    return new Stage(
        id, tensor, op, reads, output, axes, relations, leaves, other, scope, redirects, options);
  }

  public Stage withScope(Scope other) {
    return new Stage(
        id,
        tensor,
        op,
        reads,
        output,
        axes,
        relations,
        leaves,
        attachment,
        other,
        redirects,
        options);
  }

  public Stage withAutoUnroll(int steps) {
    return withOptions(options.withAutoUnroll(steps));
  }

  public Stage withOrder(StorageOrder order) {
    return withOptions(options.withOrder(order));
  }

  public Stage withPipeline(Pipelining pipeline) {
    return withOptions(options.withPipeline(pipeline));
  }

  public Stage withJoined(String producer) {
    return withOptions(options.withJoined(producer));
  }

  public Stage withBefore(PrimExpr first) {
    return withOptions(options.withBefore(first));
  }

  public Stage withScale(Read factor) {
    return withOptions(options.withScale(factor));
  }

  private Stage withOptions(StageOptions other) {
    return new Stage(
        id,
        tensor,
        op,
        reads,
        output,
        axes,
        relations,
        leaves,
        attachment,
        scope,
        redirects,
        other);
  }

  /** This stage reading {@code copy} wherever it read {@code original}. */
  public Stage withRedirect(Tensor original, Tensor copy) {
    Map<Tensor, Tensor> all = new HashMap<>(redirects);
    all.put(original, copy);
    return new Stage(
        id,
        tensor,
        op,
        reads,
        output,
        axes,
        relations,
        leaves,
        attachment,
        scope,
        Map.copyOf(all),
        options);
  }

  /** The loops as text, one a line, with the loop named {@code marked} pointed at. */
  public String loops(String marked) {
    StringBuilder text = new StringBuilder(id);
    switch (attachment) {
      case Attachment.Root _ -> {}
      case Attachment.Inlined _ -> text.append(", inlined");
      case Attachment.At(String stage, String axis) ->
          text.append(", at ").append(axis).append(" of ").append(stage);
    }
    text.append(":\n");
    int level = 1;
    for (IterVar leaf : leaves) {
      text.append("  ".repeat(level++)).append(leaf);
      if (leaf.id().equals(marked)) {
        text.append("    <-- here");
      }
      text.append('\n');
    }
    return text.toString();
  }

  @Override
  public String toString() {
    return loops("");
  }
}
