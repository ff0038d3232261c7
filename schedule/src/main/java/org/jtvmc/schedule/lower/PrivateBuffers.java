package org.jtvmc.schedule.lower;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.arith.LinearForm;
import org.jtvmc.ir.arith.Simplifier;
import org.jtvmc.ir.arith.VarRanges;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimExprs;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.loop.ThreadTag;

/**
 * Gives each thread its own part of a shared buffer of which it touches nothing else, so that the
 * part can be in registers and nobody has to wait for it. Only loops that are unrolled may move an
 * access beside the threads: registers have no addresses. The same for memory of single threads
 * that has places for others, who have places of their own.
 *
 * <pre>
 *   allocate shared e[4096]                         allocate local e[16]
 *   unrolled j in 0..4, threadIdx.x t in 0..256,    ...
 *     vectorized v in 0..4: e[1024 j + 4 t + v]       e[4 j + v]
 * </pre>
 */
final class PrivateBuffers {
  /** Beyond this many elements of a thread they would not all be in registers. */
  private static final long MOST_ELEMENTS = 32;

  private final Simplifier simplifier = new Simplifier(new VarRanges());
  private final Map<PrimVar, Stmt.For> loops = new HashMap<>();
  private final Map<Buffer, List<List<PrimExpr>>> accesses = new LinkedHashMap<>();
  private final Set<Buffer> rejected = new HashSet<>();
  private final Map<ThreadTag, Long> extents;

  private PrivateBuffers(Map<ThreadTag, Long> extents) {
    this.extents = extents;
  }

  /**
   * One nest at the root, without virtual threads.
   *
   * @param extents with which it is launched
   */
  static Stmt in(Stmt nest, Map<ThreadTag, Long> extents) {
    PrivateBuffers pass = new PrivateBuffers(extents);
    Stmts.forEach(nest, pass::collect);
    Stmts.forEachExpr(
        nest,
        expr -> {
          if (expr instanceof Load load) {
            pass.access(load.buffer(), load.indices());
          }
        });
    Map<Buffer, ThreadPart> parts = new HashMap<>();
    for (Buffer buffer : pass.accesses.keySet()) {
      if (!pass.rejected.contains(buffer)) {
        pass.partOf(buffer).ifPresent(part -> parts.put(buffer, part));
      }
    }
    return parts.isEmpty() ? nest : pass.rewrite(nest, parts);
  }

  private void collect(Stmt stmt) {
    switch (stmt) {
      case Stmt.For loop -> {
        loops.put(loop.var(), loop);
        if (loop.extent() instanceof IntImm) {
          simplifier.below(loop.var(), loop.extent());
        }
      }
      case Stmt.Store store -> {
        access(store.buffer(), store.indices());
        if (store.async()) {
          rejected.add(store.buffer());
        }
      }
      case Stmt.Evaluate(Effect effect) -> {
        for (PrimExpr operand : effect.operands()) {
          if (operand instanceof Load load) {
            rejected.add(load.buffer());
          }
        }
      }
      case Stmt.Allocate _, Stmt.If _, Stmt.Seq _ -> {}
    }
  }

  private void access(Buffer buffer, List<PrimExpr> indices) {
    if (buffer.scope() == Scope.LOCAL && !usesThread(indices)) {
      rejected.add(buffer);
    } else if (buffer.scope() != Scope.GLOBAL && !buffer.isSwizzled()) {
      accesses.computeIfAbsent(buffer, _ -> new ArrayList<>()).add(indices);
    }
  }

  /** True where a thread's own memory is indexed by its number. */
  private boolean usesThread(List<PrimExpr> indices) {
    return indices.stream()
        .flatMap(index -> PrimExprs.variables(index).keySet().stream())
        .map(loops::get)
        .anyMatch(loop -> loop != null && loop.kind() == ForKind.THREAD);
  }

  /** What a thread has of a buffer: the place of each access in it, in terms of loops. */
  private record ThreadPart(Buffer buffer, Map<List<PrimExpr>, PrimExpr> places) {}

  private Optional<ThreadPart> partOf(Buffer buffer) {
    List<List<PrimExpr>> all = accesses.get(buffer);
    List<ThreadPlaces.Access> found = new ArrayList<>();
    for (List<PrimExpr> indices : all) {
      Optional<ThreadPlaces.Access> access = access(place(buffer, indices));
      if (access.isEmpty()) {
        return Optional.empty();
      }
      found.add(access.get());
    }
    boolean ofThread = buffer.scope() == Scope.LOCAL;
    Optional<List<LinearForm>> own = new ThreadPlaces(extents).own(found, ofThread);
    if (own.isEmpty()) {
      return Optional.empty();
    }
    long size = 1;
    Map<List<PrimExpr>, PrimExpr> places = new HashMap<>();
    for (int i = 0; i < all.size(); i++) {
      LinearForm place = own.get().get(i);
      size = Math.max(size, simplifier.bounds(place).max() + 1);
      places.put(all.get(i), place.toExpr());
    }
    if (size > MOST_ELEMENTS) {
      return Optional.empty();
    }
    Buffer local =
        Buffer.dense(buffer.name(), buffer.dtype(), List.of(IntImm.of(size)), Scope.LOCAL);
    return Optional.of(new ThreadPart(local, places));
  }

  /** The element that is touched, counted from the buffer's base; null where strides are open. */
  private LinearForm place(Buffer buffer, List<PrimExpr> indices) {
    LinearForm place = LinearForm.ZERO;
    for (int i = 0; i < indices.size(); i++) {
      if (!(buffer.strides().get(i) instanceof IntImm stride)) {
        return null;
      }
      place = place.plus(simplifier.linear(indices.get(i)), stride.value());
    }
    return place;
  }

  private Optional<ThreadPlaces.Access> access(LinearForm place) {
    if (place == null || place.constant() < 0) {
      return Optional.empty();
    }
    List<ThreadPlaces.Term> terms = new ArrayList<>();
    for (int i = 0; i < place.size(); i++) {
      Stmt.For loop = place.atom(i) instanceof PrimVar variable ? loops.get(variable) : null;
      boolean usable =
          loop != null
              && place.coefficient(i) > 0
              && IntImm.is(loop.min(), 0)
              && loop.extent() instanceof IntImm
              && (loop.kind() == ForKind.UNROLLED
                  || loop.kind() == ForKind.VECTORIZED
                  || loop.tag().filter(tag -> !tag.isBlock()).isPresent());
      if (!usable) {
        return Optional.empty();
      }
      long extent = ((IntImm) loop.extent()).value();
      terms.add(new ThreadPlaces.Term(place.atom(i), place.coefficient(i), extent, loop.tag()));
    }
    return Optional.of(new ThreadPlaces.Access(place.constant(), terms));
  }

  private Stmt rewrite(Stmt nest, Map<Buffer, ThreadPart> parts) {
    return Stmts.rewrite(
        nest,
        stmt -> {
          if (stmt instanceof Stmt.Allocate allocate && parts.containsKey(allocate.buffer())) {
            return new Stmt.Allocate(parts.get(allocate.buffer()).buffer(), allocate.body());
          }
          if (stmt instanceof Stmt.Store store && parts.containsKey(store.buffer())) {
            ThreadPart part = parts.get(store.buffer());
            return store.with(
                part.buffer(), List.of(part.places().get(store.indices())), store.value());
          }
          return stmt;
        },
        expr ->
            expr instanceof Load load && parts.containsKey(load.buffer())
                ? new Load(
                    parts.get(load.buffer()).buffer(),
                    List.of(parts.get(load.buffer()).places().get(load.indices())))
                : expr);
  }
}
