package org.jtvmc.tuner.measure.wire;

import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.Binary;
import org.jtvmc.ir.expr.BinaryOp;
import org.jtvmc.ir.expr.Cast;
import org.jtvmc.ir.expr.Compare;
import org.jtvmc.ir.expr.FloatImm;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Intrinsic;
import org.jtvmc.ir.expr.IntrinsicOp;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.Not;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.expr.Reinterpret;
import org.jtvmc.ir.expr.Select;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PixelBox;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.type.DType;

/** Reads what {@link LoopWriter} wrote. */
public final class LoopReader {
  private static final List<LoopTag> TAGS = List.of(LoopTag.values());
  private static final List<DType.Kind> KINDS = List.of(DType.Kind.values());
  private static final List<BinaryOp> BINARY = List.of(BinaryOp.values());
  private static final List<Compare.Op> COMPARE = List.of(Compare.Op.values());
  private static final List<IntrinsicOp> INTRINSICS = List.of(IntrinsicOp.values());
  private static final List<ForKind> FOR_KINDS = List.of(ForKind.values());
  private static final List<ThreadTag> THREADS = List.of(ThreadTag.values());
  private static final List<Scope> SCOPES = List.of(Scope.values());

  private final DataInputStream in;
  private final List<PrimVar> variables = new ArrayList<>();
  private final List<Buffer> buffers = new ArrayList<>();

  /** What was read of the value that is being read; null of one that is not large. */
  private List<PrimExpr> shared;

  private LoopReader(DataInputStream in) {
    this.in = in;
  }

  /** Reads one function. */
  public static PrimFunc read(DataInputStream in) throws IOException {
    LoopReader reader = new LoopReader(in);
    String name = in.readUTF();
    List<Buffer> inputs = reader.bufferList();
    List<Buffer> outputs = reader.bufferList();
    int sizes = in.readInt();
    List<PrimVar> variables = new ArrayList<>();
    for (int k = 0; k < sizes; k++) {
      variables.add(reader.variable());
    }
    return new PrimFunc(name, inputs, outputs, variables, reader.statement());
  }

  private List<Buffer> bufferList() throws IOException {
    int count = in.readInt();
    List<Buffer> list = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      list.add(buffer());
    }
    return list;
  }

  private Stmt statement() throws IOException {
    LoopTag tag = TAGS.get(in.readByte());
    return switch (tag) {
      case FOR -> {
        PrimVar variable = variable();
        PrimExpr min = expression();
        PrimExpr extent = expression();
        ForKind kind = FOR_KINDS.get(in.readByte());
        int thread = in.readByte();
        Optional<ThreadTag> bound =
            thread < 0 ? Optional.empty() : Optional.of(THREADS.get(thread));
        yield new Stmt.For(variable, min, extent, kind, bound, statement());
      }
      case STORE -> new Stmt.Store(buffer(), expressions(), value(), in.readBoolean());
      case ALLOCATE -> new Stmt.Allocate(buffer(), statement());
      case IF -> {
        PrimExpr condition = expression();
        boolean likely = in.readBoolean();
        Stmt then = statement();
        Optional<Stmt> otherwise = in.readBoolean() ? Optional.of(statement()) : Optional.empty();
        yield new Stmt.If(condition, then, otherwise, likely);
      }
      case SEQ -> {
        int count = in.readInt();
        List<Stmt> statements = new ArrayList<>();
        for (int k = 0; k < count; k++) {
          statements.add(statement());
        }
        yield new Stmt.Seq(statements);
      }
      case BARRIER -> new Stmt.Evaluate(new Effect.Barrier());
      case COMMIT_COPIES -> new Stmt.Evaluate(new Effect.CommitCopies());
      case AWAIT_COPIES -> new Stmt.Evaluate(new Effect.AwaitCopies(in.readInt()));
      case START_PRODUCTS -> new Stmt.Evaluate(new Effect.StartProducts());
      case COMMIT_PRODUCTS -> new Stmt.Evaluate(new Effect.CommitProducts());
      case AWAIT_PRODUCTS -> new Stmt.Evaluate(new Effect.AwaitProducts(in.readInt()));
      case OPEN_ARRIVALS -> {
        int count = in.readInt();
        yield new Stmt.Evaluate(new Effect.OpenArrivals((Load) expression(), count));
      }
      case CLOSE_ARRIVALS -> {
        int count = in.readInt();
        yield new Stmt.Evaluate(new Effect.CloseArrivals((Load) expression(), count));
      }
      case EXPECT_TILES -> {
        long bytes = in.readLong();
        yield new Stmt.Evaluate(new Effect.ExpectTiles((Load) expression(), bytes));
      }
      case START_TILE -> {
        Load target = (Load) expression();
        Load source = (Load) expression();
        Load arrival = (Load) expression();
        List<Long> extents = new ArrayList<>();
        for (int dim = 0; dim < source.buffer().rank(); dim++) {
          extents.add(in.readLong());
        }
        yield new Stmt.Evaluate(new Effect.StartTile(target, source, extents, arrival));
      }
      case START_PIXELS -> new Stmt.Evaluate(startPixels());
      case AWAIT_TILES -> {
        Load arrival = (Load) expression();
        yield new Stmt.Evaluate(new Effect.AwaitTiles(arrival, expression()));
      }
      case COUNT_BLOCK -> {
        int blocks = in.readInt();
        Load counter = (Load) expression();
        yield new Stmt.Evaluate(new Effect.CountBlock(counter, blocks, (Load) expression()));
      }
      case ALL_REDUCE -> {
        BinaryOp op = BINARY.get(in.readByte());
        int width = in.readInt();
        yield new Stmt.Evaluate(new Effect.AllReduce(op, (Load) expression(), width));
      }
      case INT,
          FLOAT,
          VARIABLE,
          BINARY,
          COMPARE,
          NOT,
          SELECT,
          CAST,
          REINTERPRET,
          INTRINSIC,
          LOAD,
          SHARED ->
          throw new IOException("an expression stands where a statement belongs: " + tag);
    };
  }

  private List<PrimExpr> expressions() throws IOException {
    int count = in.readInt();
    List<PrimExpr> list = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      list.add(expression());
    }
    return list;
  }

  /** A stored value; of a large one, what was written once is one object wherever it occurs. */
  private PrimExpr value() throws IOException {
    shared = in.readBoolean() ? new ArrayList<>() : null;
    PrimExpr value = expression();
    shared = null;
    return value;
  }

  private PrimExpr expression() throws IOException {
    LoopTag tag = TAGS.get(in.readByte());
    if (shared == null) {
      return expression(tag);
    }
    if (tag == LoopTag.SHARED) {
      return shared.get(in.readInt());
    }
    int place = shared.size();
    shared.add(null);
    PrimExpr expr = expression(tag);
    shared.set(place, expr);
    return expr;
  }

  private PrimExpr expression(LoopTag tag) throws IOException {
    return switch (tag) {
      case INT -> new IntImm(type(), in.readLong());
      case FLOAT -> new FloatImm(type(), in.readDouble());
      case VARIABLE -> variable();
      case BINARY -> new Binary(BINARY.get(in.readByte()), expression(), expression());
      case COMPARE -> new Compare(COMPARE.get(in.readByte()), expression(), expression());
      case NOT -> new Not(expression());
      case SELECT -> new Select(expression(), expression(), expression());
      case CAST -> new Cast(type(), expression());
      case REINTERPRET -> new Reinterpret(type(), expression());
      case INTRINSIC -> new Intrinsic(INTRINSICS.get(in.readByte()), expressions());
      case LOAD -> new Load(buffer(), expressions());
      case FOR,
          STORE,
          ALLOCATE,
          IF,
          SEQ,
          BARRIER,
          ALL_REDUCE,
          COMMIT_COPIES,
          AWAIT_COPIES,
          START_PRODUCTS,
          COMMIT_PRODUCTS,
          AWAIT_PRODUCTS,
          OPEN_ARRIVALS,
          CLOSE_ARRIVALS,
          EXPECT_TILES,
          START_TILE,
          START_PIXELS,
          AWAIT_TILES,
          COUNT_BLOCK,
          SHARED ->
          throw new IOException("a statement stands where an expression belongs: " + tag);
    };
  }

  private PrimVar variable() throws IOException {
    int known = in.readInt();
    if (known >= 0) {
      return variables.get(known);
    }
    PrimVar variable = new PrimVar(in.readUTF(), type());
    variables.add(variable);
    return variable;
  }

  private Buffer buffer() throws IOException {
    int known = in.readInt();
    if (known >= 0) {
      return buffers.get(known);
    }
    String name = in.readUTF();
    DType dtype = type();
    List<PrimExpr> shape = expressions();
    List<PrimExpr> strides = expressions();
    Buffer buffer =
        new Buffer(name, dtype, shape, strides, SCOPES.get(in.readByte()), in.readBoolean());
    buffers.add(buffer);
    return buffer;
  }

  private DType type() throws IOException {
    return new DType(KINDS.get(in.readByte()), in.readByte());
  }

  private Effect.StartPixels startPixels() throws IOException {
    Load target = (Load) expression();
    Load source = (Load) expression();
    Load arrival = (Load) expression();
    List<PrimExpr> offsets = new ArrayList<>();
    List<Long> lower = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    List<Long> steps = new ArrayList<>();
    for (int dim = 0; dim < source.buffer().rank() - 1; dim++) {
      offsets.add(expression());
      lower.add(in.readLong());
      counts.add(in.readLong());
      steps.add(in.readLong());
    }
    PixelBox box = new PixelBox(lower, counts, steps, in.readLong(), in.readLong());
    return new Effect.StartPixels(target, source, offsets, box, arrival);
  }
}
