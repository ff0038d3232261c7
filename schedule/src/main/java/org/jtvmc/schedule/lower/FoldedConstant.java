package org.jtvmc.schedule.lower;

import java.util.Collections;
import java.util.List;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.te.Axis;
import org.jtvmc.ir.te.Tensor;
import org.jtvmc.schedule.ComputeDag;
import org.jtvmc.schedule.Schedule;
import org.jtvmc.schedule.Stage;
import org.jtvmc.schedule.step.Unroll;

/**
 * A tensor that follows from a constant, and how it is computed when the model is compiled; the
 * same for all schedules of a kernel.
 *
 * @param source the constant
 * @param input the buffer that holds it
 * @param whole the buffer that the tensor is computed in
 * @param body computes it
 */
record FoldedConstant(Tensor source, Buffer input, Buffer whole, Stmt body) {
  /** The most copies of a body. */
  private static final long MOST_COPIES = 64;

  private record Question(Tensor tensor) {}

  /**
   * The tensor as it is computed for any schedule of {@code dag}.
   *
   * @param id names its buffer
   */
  static FoldedConstant of(ComputeDag dag, Tensor tensor, String id) {
    return dag.has(tensor)
        ? dag.findings()
            .answer(new Question(tensor), FoldedConstant.class, () -> computed(tensor, id))
        : computed(tensor, id);
  }

  private static FoldedConstant computed(Tensor tensor, String id) {
    Tensor source = tensor.constantSource().orElseThrow();
    ComputeDag dag = ComputeDag.of(List.of(source), List.of(tensor));
    PrimFunc computing = Lowering.lower(withChoicesMade(dag), "pack").func();
    Buffer whole = Buffer.dense(id, tensor.dtype(), tensor.shape(), Scope.GLOBAL);
    Buffer result = computing.outputs().getFirst();
    Stmt body = Stmts.rewrite(computing.body(), stmt -> inBuffer(stmt, result, whole), e -> e);
    return new FoldedConstant(source, computing.inputs().getFirst(), whole, body);
  }

  /** Computes the tensor, then packs it. */
  PackedConstant packed(PackedOperand operand) {
    Storage original = new Storage(whole, Collections.nCopies(whole.rank(), LinearForm.ZERO));
    Stmt both = Stmt.seq(body, operand.copy(original));
    PrimFunc packing =
        new PrimFunc(
            "pack", List.of(input), List.of(operand.buffer()), new Stmt.Allocate(whole, both));
    return new PackedConstant(source, operand.buffer(), packing);
  }

  /** Loops in the order of the axes, with copies for those by which a body chooses what to do. */
  private static Schedule withChoicesMade(ComputeDag dag) {
    Schedule schedule = Schedule.of(dag);
    for (Stage stage : dag.stages()) {
      long copies = 1;
      for (int i = 0; i < stage.op().axes().size(); i++) {
        Axis axis = stage.op().axes().get(i);
        if (chooses(stage.op().body(), axis.var()) && copies * axis.size() <= MOST_COPIES) {
          copies *= axis.size();
          schedule = schedule.apply(new Unroll(stage.id(), stage.axes().get(i).id()));
        }
      }
    }
    return schedule;
  }

  private static boolean chooses(PrimExpr body, PrimVar axis) {
    return body instanceof Select(PrimExpr condition, PrimExpr first, PrimExpr second)
        && ((condition instanceof Compare(Compare.Op op, PrimExpr left, PrimExpr _)
                && op == Compare.Op.EQUAL
                && left == axis)
            || chooses(first, axis)
            || chooses(second, axis));
  }

  private static Stmt inBuffer(Stmt stmt, Buffer from, Buffer to) {
    return stmt instanceof Stmt.Store store && store.buffer() == from
        ? store.with(to, store.indices(), store.value())
        : stmt;
  }
}
