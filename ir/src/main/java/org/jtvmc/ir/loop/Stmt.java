package org.jtvmc.ir.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;

/** A statement of the loop IR. */
public sealed interface Stmt {

  /**
   * Runs {@code body} for every value of {@code var} in {@code [min, min + extent)}; an extent of
   * zero or less runs it never.
   *
   * @param tag present exactly where {@code kind} is {@link ForKind#THREAD}
   */
  record For(
      PrimVar var, PrimExpr min, PrimExpr extent, ForKind kind, Optional<ThreadTag> tag, Stmt body)
      implements Stmt {
    public For {
      if (tag.isPresent() != (kind == ForKind.THREAD)) {
        throw new IllegalArgumentException("loop " + var + ": a tag goes with a thread-bound loop");
      }
    }

    public For(PrimVar var, PrimExpr min, PrimExpr extent, ForKind kind, Stmt body) {
      this(var, min, extent, kind, Optional.empty(), body);
    }

    public For withBody(Stmt other) {
      return other == body ? this : new For(var, min, extent, kind, tag, other);
    }

    public For withKind(ForKind other) {
      return other == kind ? this : new For(var, min, extent, other, body);
    }
  }

  /**
   * {@code buffer[indices] = value}.
   *
   * @param async true where a GPU's thread may go on before the element is there: it is once the
   *     thread has waited for it ({@link Effect.AwaitCopies}); nobody may touch it before. The
   *     value is an element of global memory, or such an element under a condition and zero else
   */
  record Store(Buffer buffer, List<PrimExpr> indices, PrimExpr value, boolean async)
      implements Stmt {
    public Store(Buffer buffer, List<PrimExpr> indices, PrimExpr value) {
      this(buffer, indices, value, false);
    }

    public Store {
      indices = List.copyOf(indices);
      if (!value.dtype().equals(buffer.dtype())) {
        throw new IllegalArgumentException(
            "a %s is stored into %s of type %s".formatted(value.dtype(), buffer, buffer.dtype()));
      }
    }

    /** The same with another place or value. */
    public Store with(Buffer otherBuffer, List<PrimExpr> otherIndices, PrimExpr otherValue) {
      return new Store(otherBuffer, otherIndices, otherValue, async);
    }
  }

  /** {@code buffer} exists, uninitialised, while {@code body} runs. */
  record Allocate(Buffer buffer, Stmt body) implements Stmt {
    public Allocate withBody(Stmt other) {
      return other == body ? this : new Allocate(buffer, other);
    }
  }

  /**
   * Runs one of the branches.
   *
   * @param likely true where the condition only guards the uneven end of a split, so that it holds
   *     almost always and peeling the loop removes it
   */
  record If(PrimExpr condition, Stmt then, Optional<Stmt> otherwise, boolean likely)
      implements Stmt {
    public static If guard(PrimExpr condition, Stmt then) {
      return new If(condition, then, Optional.empty(), true);
    }
  }

  /** One after the other. */
  record Seq(List<Stmt> statements) implements Stmt {
    public Seq {
      statements = List.copyOf(statements);
    }
  }

  /** Something done for its effect. */
  record Evaluate(Effect effect) implements Stmt {}

  /** The statements in order, without nested sequences; the statement itself where it is one. */
  static Stmt seq(List<? extends Stmt> statements) {
    List<Stmt> flat = new ArrayList<>();
    for (Stmt statement : statements) {
      if (statement instanceof Seq(List<Stmt> inner)) {
        flat.addAll(inner);
      } else {
        flat.add(statement);
      }
    }
    return flat.size() == 1 ? flat.getFirst() : new Seq(flat);
  }

  static Stmt seq(Stmt... statements) {
    return seq(List.of(statements));
  }

  /** The statement that does nothing. */
  static Stmt nothing() {
    return new Seq(List.of());
  }
}
