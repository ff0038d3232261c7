package org.jtvmc.codegen.emit;

import static org.bytedeco.llvm.global.LLVM.LLVMAdd;
import static org.bytedeco.llvm.global.LLVM.LLVMPtrToInt;
import static org.bytedeco.llvm.global.LLVM.LLVMTrunc;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.llvm.LLVM.LLVMTypeRef;
import org.bytedeco.llvm.LLVM.LLVMValueRef;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.type.DType;

/**
 * Emits copies of boxes of tensors, or of pixels that are counted through: {@code
 * cp.async.bulk.tensor} with 128-byte swizzling, which reads zeros outside of the tensor, and the
 * {@code mbarrier} objects at which it arrives (PTX ISA, "Asynchronous copy" and "mbarrier").
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

  /** A line of channels of each pixel; the innermost dimension first, and the images last. */
  void start(Effect.StartPixels pixels, StmtEmitter statements) {
    Buffer target = pixels.target().buffer();
    SwizzledPlace first = SwizzledPlace.of(target, pixels.target().indices(), context.indices);
    if (pixels.box().channels() != first.line()) {
      throw new IllegalStateException("the channels of a pixel are no line: " + pixels);
    }
    int images = TileMap.hasImages(pixels) ? 1 : 0;
    List<LLVMValueRef> operands = new ArrayList<>();
    operands.add(address(target, first.row().times(first.line()), statements));
    operands.add(maps.get(TileMap.of(pixels)));
    for (PrimExpr index : pixels.source().indices().reversed()) {
      operands.add(statements.value(context.indices.affine(index), DType.I32));
    }
    if (images == 0) {
      operands.add(ir.int32(0));
    }
    int rank = operands.size() - 2;
    operands.add(arrival(pixels.arrival(), 0, statements));
    List<PrimExpr> offsets = pixels.offsets().subList(images, pixels.offsets().size());
    for (PrimExpr offset : offsets.reversed()) {
      LLVMValueRef value = statements.value(context.indices.affine(offset), DType.I32);
      operands.add(ir.convert(LLVMTrunc, value, ir.types().integer(16)));
    }
    order(
        "cp.async.bulk.tensor.%dd.shared::cluster.global.im2col.mbarrier::complete_tx::bytes [$0], [$1, {%s}], [$%d], {%s};"
            .formatted(rank, numbered(2, rank), rank + 2, numbered(rank + 3, offsets.size())),
        "l,l" + ",r".repeat(rank) + ",l" + ",h".repeat(offsets.size()),
        operands.toArray(new LLVMValueRef[0]));
  }

  /** The names of {@code count} operands. */
  private static String numbered(int first, int count) {
    return IntStream.range(first, first + count)
        .mapToObj(number -> "$" + number)
        .collect(Collectors.joining(","));
  }

  private void start(int rank, List<LLVMValueRef> operands) {
    order(
        "cp.async.bulk.tensor.%dd.shared::cluster.global.mbarrier::complete_tx::bytes [$0], [$1, {%s}], [$%d];"
            .formatted(rank, numbered(2, rank), rank + 2),
        "l,l" + ",r".repeat(rank) + ",l",
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
