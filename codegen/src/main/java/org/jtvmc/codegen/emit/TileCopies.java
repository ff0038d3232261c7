package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMAdd;
import static org.bytedeco.llvm.global.LLVM.LLVMPtrToInt;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.type.DType;

/**
 * Emits copies of boxes of tensors: {@code cp.async.bulk.tensor} with 128-byte swizzling, which
 * reads zeros beyond the tensor's end, and the {@code mbarrier} objects at which it arrives (PTX
 * ISA, "Asynchronous copy" and "mbarrier").
 */
final class TileCopies {
  private final EmitContext context;
  private final IrBuilder ir;
  private final Map<TileMap, LLVMValueRef> maps;

  /**
   * @param maps the parameters of the entry
   */
  TileCopies(EmitContext context, Map<TileMap, LLVMValueRef> maps) {
    this.context = context;
    this.ir = context.ir;
    this.maps = maps;
  }

  void open(Effect.OpenArrivals effect, StmtEmitter statements) {
    for (int i = 0; i < effect.count(); i++) {
      order("mbarrier.init.shared::cta.b64 [$0], 1;", "l", arrival(effect.first(), i, statements));
    }
    order("fence.mbarrier_init.release.cluster;", "");
    order("fence.proxy.async.shared::cta;", "");
  }

  void close(Effect.CloseArrivals effect, StmtEmitter statements) {
    for (int i = 0; i < effect.count(); i++) {
      order("mbarrier.inval.shared::cta.b64 [$0];", "l", arrival(effect.first(), i, statements));
    }
  }

  void expect(Effect.ExpectTiles effect, StmtEmitter statements) {
    order(
        "mbarrier.arrive.expect_tx.shared::cta.b64 _, [$0], %d;".formatted(effect.bytes()),
        "l",
        arrival(effect.arrival(), 0, statements));
  }

  void await(Effect.AwaitTiles effect, StmtEmitter statements) {
    LLVMValueRef parity = statements.value(context.indices.affine(effect.parity()), DType.I32);
    order(
        "{ .reg .pred there; again: mbarrier.try_wait.parity.shared::cta.b64 there, [$0], $1; "
            + "@!there bra again; }",
        "l,r",
        arrival(effect.arrival(), 0, statements),
        parity);
  }

  void start(Effect.StartTile tile, StmtEmitter statements) {
    SwizzledPlace first =
        SwizzledPlace.of(tile.target().buffer(), tile.target().indices(), context.indices);
    int bytes = tile.source().dtype().bytes();
    LLVMValueRef to = address(tile.target().buffer(), first.row().times(first.line()), statements);
    LLVMValueRef arrival = arrival(tile.arrival(), 0, statements);
    LLVMValueRef map = maps.get(TileMap.of(tile));
    List<LLVMValueRef> corner = new ArrayList<>();
    for (PrimExpr index : tile.source().indices().reversed()) {
      corner.add(statements.value(context.indices.affine(index), DType.I32));
    }
    long lines = tile.extents().getLast() / first.line();
    for (long line = 0; line < lines; line++) {
      List<LLVMValueRef> operands = new ArrayList<>();
      operands.add(ir.binary(LLVMAdd, to, ir.int64(line * first.rows() * Buffer.LINE_BYTES)));
      operands.add(map);
      operands.add(ir.binary(LLVMAdd, corner.getFirst(), ir.int32(line * first.line())));
      operands.addAll(corner.subList(1, corner.size()));
      operands.add(arrival);
      start(corner.size(), operands);
    }
    if (lines * Buffer.LINE_BYTES != tile.extents().getLast() * bytes) {
      throw new IllegalStateException("a box is no multiple of lines: " + tile);
    }
  }

  private void start(int rank, List<LLVMValueRef> operands) {
    StringBuilder corner = new StringBuilder();
    StringBuilder constraints = new StringBuilder("l,l");
    for (int i = 0; i < rank; i++) {
      corner.append(i == 0 ? "$" : ",$").append(i + 2);
      constraints.append(",r");
    }
    order(
        "cp.async.bulk.tensor.%dd.shared::cluster.global.mbarrier::complete_tx::bytes [$0], [$1, {%s}], [$%d];"
            .formatted(rank, corner, rank + 2),
        constraints.append(",l").toString(),
        operands.toArray(new LLVMValueRef[0]));
  }

  private LLVMValueRef arrival(Load element, int further, StmtEmitter statements) {
    Affine place = context.indices.offset(element.buffer(), element.indices());
    return address(element.buffer(), place.plus(further), statements);
  }

  private LLVMValueRef address(Buffer buffer, Affine place, StmtEmitter statements) {
    if (!(context.storageOf(buffer) instanceof Storage.Memory(LLVMValueRef base))) {
      throw new IllegalStateException("shared memory in registers: " + buffer);
    }
    LLVMTypeRef element = ir.types().memory(buffer.dtype(), 1);
    LLVMValueRef pointer = statements.exprs().indexEmitter().address(element, base, place);
    return ir.convert(LLVMPtrToInt, pointer, ir.types().integer(64));
  }

  private void order(String instruction, String constraints, LLVMValueRef... operands) {
    ir.assembly(instruction, constraints, ir.types().nothing(), operands);
  }
}
