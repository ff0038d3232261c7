package org.jtvmc.tuner.measure.wire;

import java.io.DataOutputStream;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Read;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.type.DType;

/**
 * Writes functions so that {@link LoopReader} of the same program makes equal ones. Variables and
 * buffers are numbered where they first occur. Not a format to keep: both ends are one build.
 */
public final class LoopWriter {
  /** Nodes of a value that is written out in full. */
  private static final int SMALL = 2000;

  private final DataOutputStream out;
  private final boolean named;
  private final Map<PrimVar, Integer> variables = new IdentityHashMap<>();
  private final Map<Buffer, Integer> buffers = new IdentityHashMap<>();

  /** What was written of the value that is being written; null of one that is not large. */
  private Map<PrimExpr, Integer> written;

  /**
   * @param named whether names are written; without them functions that differ in nothing else are
   *     written alike
   */
  private LoopWriter(DataOutputStream out, boolean named) {
    this.out = out;
    this.named = named;
  }

  /** Writes one function. */
  public static void write(PrimFunc function, DataOutputStream out) throws IOException {
    new LoopWriter(out, true).function(function);
  }

  /** Writes one function without its names, for comparison alone: nothing reads it. */
  static void writeNameless(PrimFunc function, DataOutputStream out) throws IOException {
    new LoopWriter(out, false).function(function);
  }

  private void function(PrimFunc function) throws IOException {
    name(function.name());
    bufferList(function.inputs());
    bufferList(function.outputs());
    out.writeInt(function.sizes().size());
    for (PrimVar size : function.sizes()) {
      variable(size);
    }
    statement(function.body());
  }

  private void name(String name) throws IOException {
    if (named) {
      out.writeUTF(name);
    }
  }

  private void bufferList(List<Buffer> list) throws IOException {
    out.writeInt(list.size());
    for (Buffer buffer : list) {
      buffer(buffer);
    }
  }

  private void statement(Stmt stmt) throws IOException {
    switch (stmt) {
      case Stmt.For loop -> {
        tag(LoopTag.FOR);
        variable(loop.var());
        expression(loop.min());
        expression(loop.extent());
        out.writeByte(loop.kind().ordinal());
        out.writeByte(loop.tag().map(Enum::ordinal).orElse(-1));
        statement(loop.body());
      }
      case Stmt.Store store -> {
        tag(LoopTag.STORE);
        buffer(store.buffer());
        expressions(store.indices());
        value(store.value());
        out.writeBoolean(store.async());
      }
      case Stmt.Allocate allocate -> {
        tag(LoopTag.ALLOCATE);
        buffer(allocate.buffer());
        statement(allocate.body());
      }
      case Stmt.If branch -> {
        tag(LoopTag.IF);
        expression(branch.condition());
        out.writeBoolean(branch.likely());
        statement(branch.then());
        out.writeBoolean(branch.otherwise().isPresent());
        if (branch.otherwise().isPresent()) {
          statement(branch.otherwise().get());
        }
      }
      case Stmt.Seq seq -> {
        tag(LoopTag.SEQ);
        out.writeInt(seq.statements().size());
        for (Stmt statement : seq.statements()) {
          statement(statement);
        }
      }
      case Stmt.Evaluate(Effect effect) -> {
        switch (effect) {
          case Effect.Barrier _ -> tag(LoopTag.BARRIER);
          case Effect.CommitCopies _ -> tag(LoopTag.COMMIT_COPIES);
          case Effect.AwaitCopies(int pending) -> {
            tag(LoopTag.AWAIT_COPIES);
            out.writeInt(pending);
          }
          case Effect.StartProducts _ -> tag(LoopTag.START_PRODUCTS);
          case Effect.CommitProducts _ -> tag(LoopTag.COMMIT_PRODUCTS);
          case Effect.AwaitProducts(int pending) -> {
            tag(LoopTag.AWAIT_PRODUCTS);
            out.writeInt(pending);
          }
          case Effect.OpenArrivals(var first, int count) -> {
            tag(LoopTag.OPEN_ARRIVALS);
            out.writeInt(count);
            expression(first);
          }
          case Effect.CloseArrivals(var first, int count) -> {
            tag(LoopTag.CLOSE_ARRIVALS);
            out.writeInt(count);
            expression(first);
          }
          case Effect.ExpectTiles(var arrival, long bytes) -> {
            tag(LoopTag.EXPECT_TILES);
            out.writeLong(bytes);
            expression(arrival);
          }
          case Effect.StartTile tile -> {
            tag(LoopTag.START_TILE);
            expression(tile.target());
            expression(tile.source());
            expression(tile.arrival());
            for (long extent : tile.extents()) {
              out.writeLong(extent);
            }
          }
          case Effect.StartPixels pixels -> {
            tag(LoopTag.START_PIXELS);
            expression(pixels.target());
            expression(pixels.source());
            expression(pixels.arrival());
            for (int dim = 0; dim < pixels.offsets().size(); dim++) {
              expression(pixels.offsets().get(dim));
              out.writeLong(pixels.box().lower().get(dim));
              out.writeLong(pixels.box().counts().get(dim));
              out.writeLong(pixels.box().steps().get(dim));
            }
            out.writeLong(pixels.box().pixels());
            out.writeLong(pixels.box().channels());
          }
          case Effect.AwaitTiles(var arrival, var parity) -> {
            tag(LoopTag.AWAIT_TILES);
            expression(arrival);
            expression(parity);
          }
          case Effect.CountBlock(var counter, int blocks, var last) -> {
            tag(LoopTag.COUNT_BLOCK);
            out.writeInt(blocks);
            expression(counter);
            expression(last);
          }
          case Effect.AllReduce(var op, var element, int width) -> {
            tag(LoopTag.ALL_REDUCE);
            out.writeByte(op.ordinal());
            out.writeInt(width);
            expression(element);
          }
        }
      }
    }
  }

  /** A stored value; of a large one, what occurs several times is written once. */
  private void value(PrimExpr value) throws IOException {
    boolean large = PrimExprs.isLarger(value, SMALL);
    out.writeBoolean(large);
    written = large ? new IdentityHashMap<>(SMALL) : null;
    expression(value);
    written = null;
  }

  private boolean isWritten(PrimExpr expr) throws IOException {
    Integer before = written.putIfAbsent(expr, written.size());
    if (before != null) {
      tag(LoopTag.SHARED);
      out.writeInt(before);
    }
    return before != null;
  }

  private void expressions(List<PrimExpr> list) throws IOException {
    out.writeInt(list.size());
    for (PrimExpr expr : list) {
      expression(expr);
    }
  }

  private void expression(PrimExpr expr) throws IOException {
    if (written != null && isWritten(expr)) {
      return;
    }
    switch (expr) {
      case IntImm(DType dtype, long value) -> {
        tag(LoopTag.INT);
        type(dtype);
        out.writeLong(value);
      }
      case FloatImm(DType dtype, double value) -> {
        tag(LoopTag.FLOAT);
        type(dtype);
        out.writeDouble(value);
      }
      case PrimVar variable -> {
        tag(LoopTag.VARIABLE);
        variable(variable);
      }
      case Binary binary -> {
        tag(LoopTag.BINARY);
        out.writeByte(binary.op().ordinal());
        expression(binary.left());
        expression(binary.right());
      }
      case Compare compare -> {
        tag(LoopTag.COMPARE);
        out.writeByte(compare.op().ordinal());
        expression(compare.left());
        expression(compare.right());
      }
      case Not not -> {
        tag(LoopTag.NOT);
        expression(not.operand());
      }
      case Select select -> {
        tag(LoopTag.SELECT);
        expression(select.condition());
        expression(select.whenTrue());
        expression(select.whenFalse());
      }
      case Cast cast -> {
        tag(LoopTag.CAST);
        type(cast.dtype());
        expression(cast.value());
      }
      case Reinterpret bits -> {
        tag(LoopTag.REINTERPRET);
        type(bits.dtype());
        expression(bits.value());
      }
      case Intrinsic intrinsic -> {
        tag(LoopTag.INTRINSIC);
        out.writeByte(intrinsic.op().ordinal());
        expressions(intrinsic.arguments());
      }
      case Load load -> {
        tag(LoopTag.LOAD);
        buffer(load.buffer());
        expressions(load.indices());
      }
      case Read read ->
          throw new IllegalArgumentException("loops hold no read of a tensor: " + read);
    }
  }

  private void variable(PrimVar variable) throws IOException {
    Integer known = variables.get(variable);
    out.writeInt(known == null ? -1 : known);
    if (known == null) {
      variables.put(variable, variables.size());
      name(variable.name());
      type(variable.dtype());
    }
  }

  private void buffer(Buffer buffer) throws IOException {
    Integer known = buffers.get(buffer);
    out.writeInt(known == null ? -1 : known);
    if (known == null) {
      name(buffer.name());
      type(buffer.dtype());
      expressions(buffer.shape());
      expressions(buffer.strides());
      out.writeByte(buffer.scope().ordinal());
      out.writeBoolean(buffer.isSwizzled());
      buffers.put(buffer, buffers.size());
    }
  }

  private void type(DType dtype) throws IOException {
    out.writeByte(dtype.kind().ordinal());
    out.writeByte(dtype.bits());
  }

  private void tag(LoopTag tag) throws IOException {
    out.writeByte(tag.ordinal());
  }
}
