package org.jtvmc.ir.interpret;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jtvmc.ir.expr.IntImm;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.LoopPrinter;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.loop.ThreadTag;
import org.jtvmc.ir.type.DType;

/**
 * Runs one launch of a GPU: block after block in a random order, the threads of a block statement
 * by statement, in a random order too.
 *
 * <p>A thread-bound loop is run by the thread whose index is that of the iteration; nested ones of
 * one tag have the same index. Beside the faults of all loops these are found: two threads that
 * touch one element of shared or global memory, one of them writing, with no barrier between; a
 * barrier or another common action to which not all threads of the block come; an access of what is
 * being copied before the thread that copies it has waited; and one that meets products which were
 * not waited for.
 */
final class BlockInterpreter {

  /** A compiled statement, run by some threads of a block; each has its own variables. */
  @FunctionalInterface
  private interface Action {
    void run(List<long[]> threads);
  }

  private final Frame frame;
  private final SplittableRandom random;
  private final RaceDetector races;
  private final AsyncCopies copies;
  private final AsyncProducts products;
  private final TileArrivals arrivals;
  private final Map<ThreadTag, Integer> extents = new EnumMap<>(ThreadTag.class);

  /** The indices of each thread of the block, by number; the block's own. */
  private final Map<ThreadTag, int[]> indices = new EnumMap<>(ThreadTag.class);

  private int threads;

  /**
   * @param races sees all launches of the function
   */
  BlockInterpreter(Frame frame, SplittableRandom random, RaceDetector races) {
    this.frame = frame;
    this.random = random;
    this.races = races;
    this.copies = new AsyncCopies(races);
    this.products = new AsyncProducts(races);
    this.arrivals = new TileArrivals(races);
  }

  /** The launch of a nest at the root. */
  LoopInterpreter.Action launch(Stmt nest) {
    Stmts.forEach(
        nest,
        stmt -> {
          if (stmt instanceof Stmt.For loop && loop.tag().isPresent()) {
            int extent =
                loop.extent() instanceof IntImm imm ? Math.max(1, (int) imm.value()) : fail(loop);
            extents.merge(loop.tag().get(), extent, Math::max);
          }
        });
    threads = extent(ThreadTag.THREAD_X) * extent(ThreadTag.THREAD_Y) * extent(ThreadTag.THREAD_Z);
    int blocks = extent(ThreadTag.BLOCK_X) * extent(ThreadTag.BLOCK_Y) * extent(ThreadTag.BLOCK_Z);
    for (ThreadTag tag : ThreadTag.values()) {
      indices.put(tag, new int[threads]);
    }
    for (int thread = 0; thread < threads; thread++) {
      decompose(thread, thread, ThreadTag.THREAD_X, ThreadTag.THREAD_Y, ThreadTag.THREAD_Z);
    }
    frame.watchedBy(this::fault);
    Action body = compile(nest);
    return variables -> {
      races.beginLaunch(threads);
      for (int block : LoopInterpreter.order(random, blocks)) {
        races.beginBlock();
        copies.beginBlock(threads);
        products.beginBlock(threads);
        arrivals.beginBlock();
        List<long[]> all = new ArrayList<>(threads);
        for (int thread = 0; thread < threads; thread++) {
          decompose(block, thread, ThreadTag.BLOCK_X, ThreadTag.BLOCK_Y, ThreadTag.BLOCK_Z);
          long[] own = Arrays.copyOf(variables, frame.newVariables().length);
          Frame.setThread(own, thread);
          all.add(own);
        }
        body.run(all);
        copies.endBlock();
        products.endBlock();
        arrivals.endBlock();
        races.endBlock();
      }
    };
  }

  private String fault(Memory memory, int position, boolean write, long[] variables) {
    String fault = products.fault(memory, position, write, variables);
    return fault == null ? races.fault(memory, position, write, variables) : fault;
  }

  private static int fail(Stmt.For loop) {
    throw new LoopFault(
        "loop '%s' is bound to threads and has no constant extent".formatted(loop.var()));
  }

  private int extent(ThreadTag tag) {
    return extents.getOrDefault(tag, 1);
  }

  private void decompose(int number, int thread, ThreadTag x, ThreadTag y, ThreadTag z) {
    indices.get(x)[thread] = number % extent(x);
    indices.get(y)[thread] = number / extent(x) % extent(y);
    indices.get(z)[thread] = number / extent(x) / extent(y);
  }

  private Action compile(Stmt stmt) {
    return switch (stmt) {
      case Stmt.For loop -> loop.kind() == ForKind.THREAD ? threadLoop(loop) : loop(loop);
      case Stmt.Store store -> store(store);
      case Stmt.Allocate allocate -> allocate(allocate);
      case Stmt.If branch -> {
        IntegerCode condition = frame.scalars().integer(branch.condition());
        Action then = compile(branch.then());
        Action otherwise = compile(branch.otherwise().orElseGet(Stmt::nothing));
        yield all -> {
          List<long[]> yes = new ArrayList<>(all.size());
          List<long[]> no = new ArrayList<>();
          all.forEach(thread -> (condition.at(thread) != 0 ? yes : no).add(thread));
          runSome(then, yes);
          runSome(otherwise, no);
        };
      }
      case Stmt.Seq(List<Stmt> statements) -> {
        List<Action> actions = statements.stream().map(this::compile).toList();
        yield all -> actions.forEach(action -> action.run(all));
      }
      case Stmt.Evaluate(Effect effect) -> effect(stmt, effect);
    };
  }

  private static void runSome(Action action, List<long[]> threads) {
    if (!threads.isEmpty()) {
      action.run(threads);
    }
  }

  private Action threadLoop(Stmt.For loop) {
    ThreadTag tag = loop.tag().orElseThrow();
    if (tag == ThreadTag.VIRTUAL) {
      throw new LoopFault("loop '%s' is of virtual threads".formatted(loop.var()));
    }
    IntegerCode min = frame.scalars().integer(loop.min());
    IntegerCode extent = frame.scalars().integer(loop.extent());
    int slot = frame.declare(loop.var());
    Action body = compile(loop.body());
    frame.endScope();
    int[] index = indices.get(tag);
    return all -> {
      List<long[]> some = new ArrayList<>(all.size());
      for (long[] thread : all) {
        int own = index[Frame.thread(thread)];
        if (own < extent.at(thread)) {
          thread[slot] = min.at(thread) + own;
          some.add(thread);
        }
      }
      runSome(body, some);
    };
  }

  /** The threads stay in step: those whose loop is over wait for the others. */
  private Action loop(Stmt.For loop) {
    IntegerCode min = frame.scalars().integer(loop.min());
    IntegerCode extent = frame.scalars().integer(loop.extent());
    int slot = frame.declare(loop.var());
    Action body = compile(loop.body());
    frame.endScope();
    boolean anyOrder = loop.kind() == ForKind.VECTORIZED;
    return all -> {
      long most = 0;
      for (long[] thread : all) {
        most = Math.max(most, extent.at(thread));
      }
      int count = Math.toIntExact(most);
      int[] order = anyOrder ? LoopInterpreter.order(random, count) : null;
      long[] first = all.stream().mapToLong(min::at).toArray();
      long[] end = all.stream().mapToLong(extent::at).toArray();
      for (int i = 0; i < count; i++) {
        int offset = order == null ? i : order[i];
        List<long[]> some = new ArrayList<>(all.size());
        for (int t = 0; t < first.length; t++) {
          if (offset < end[t]) {
            all.get(t)[slot] = first[t] + offset;
            some.add(all.get(t));
          }
        }
        body.run(some);
      }
    };
  }

  private Action store(Stmt.Store store) {
    Frame.Element element = frame.element(store.buffer(), store.indices(), true);
    boolean real = store.buffer().dtype().isFloat();
    RealCode realValue = real ? frame.scalars().real(store.value()) : null;
    IntegerCode integerValue = real ? null : frame.scalars().integer(store.value());
    return all -> {
      for (int i : LoopInterpreter.order(random, all.size())) {
        long[] thread = all.get(i);
        Memory memory = element.memory(thread);
        int position;
        if (real) {
          double value = realValue.at(thread);
          position = element.locate(memory, thread);
          memory.setReal(position, value);
        } else {
          long value = integerValue.at(thread);
          position = element.locate(memory, thread);
          memory.setInteger(position, value);
        }
        if (store.async()) {
          copies.started(memory, position, thread);
        }
      }
    };
  }

  private Action allocate(Stmt.Allocate allocate) {
    Buffer buffer = allocate.buffer();
    if (buffer.scope() == Scope.GLOBAL) {
      throw new LoopFault("buffer %s is global and allocated by threads".formatted(buffer));
    }
    boolean shared = buffer.scope() == Scope.SHARED;
    Memory[] memories = new Memory[shared ? 1 : threads];
    for (int i = 0; i < memories.length; i++) {
      memories[i] = new Memory(buffer);
    }
    frame.place(buffer, v -> memories[shared ? 0 : Frame.thread(v)]);
    Frame.Layout layout = frame.layout(buffer);
    Action body = compile(allocate.body());
    frame.forget(buffer);
    return all -> {
      if (shared) {
        memories[0].allocate(layout.shape(all.getFirst()), layout.strides(all.getFirst()));
      } else {
        for (long[] thread : all) {
          memories[Frame.thread(thread)].allocate(layout.shape(thread), layout.strides(thread));
        }
      }
      body.run(all);
    };
  }

  private Action effect(Stmt stmt, Effect effect) {
    return switch (effect) {
      case Effect.Barrier _ ->
          all -> {
            requireAll(stmt, all);
            races.barrier();
          };
      case Effect.CommitCopies _ -> all -> all.forEach(copies::commit);
      case Effect.AwaitCopies(int pending) ->
          all -> all.forEach(thread -> copies.await(pending, thread));
      case Effect.StartProducts _ -> all -> all.forEach(products::start);
      case Effect.CommitProducts _ -> all -> all.forEach(products::commit);
      case Effect.AwaitProducts(int pending) ->
          all -> all.forEach(thread -> products.await(pending, thread));
      case Effect.OpenArrivals(Load first, int count) -> {
        Frame.Element element = arrival(first);
        yield all -> all.forEach(thread -> arrivals.open(element, count, thread));
      }
      case Effect.CloseArrivals(Load first, int count) -> {
        Frame.Element element = arrival(first);
        yield all -> all.forEach(thread -> arrivals.close(element, count, thread));
      }
      case Effect.ExpectTiles(Load arrival, long bytes) -> {
        Frame.Element element = arrival(arrival);
        yield all -> all.forEach(thread -> arrivals.expect(element, bytes, thread));
      }
      case Effect.StartTile start -> {
        TileCopy copy =
            new BoxCopy(
                frame.element(start.target().buffer(), start.target().indices(), true),
                frame.element(start.source().buffer(), start.source().indices(), false),
                start.extents(),
                start.source().dtype());
        Frame.Element element = arrival(start.arrival());
        yield all -> all.forEach(thread -> arrivals.start(element, copy, thread));
      }
      case Effect.StartPixels start -> {
        TileCopy copy =
            new PixelCopy(
                frame.element(start.target().buffer(), start.target().indices(), true),
                frame.element(start.source().buffer(), start.source().indices(), false),
                start.offsets().stream().map(frame.scalars()::integer).toList(),
                start.box(),
                start.source().dtype());
        Frame.Element element = arrival(start.arrival());
        yield all -> all.forEach(thread -> arrivals.start(element, copy, thread));
      }
      case Effect.AwaitTiles(Load arrival, PrimExpr parity) -> {
        Frame.Element element = arrival(arrival);
        IntegerCode wanted = frame.scalars().integer(parity);
        yield all -> all.forEach(thread -> arrivals.await(element, wanted.at(thread), thread));
      }
      case Effect.CountBlock count -> {
        Frame.Element counter =
            frame.element(count.counter().buffer(), count.counter().indices(), false);
        Frame.Element last = frame.element(count.last().buffer(), count.last().indices(), true);
        yield all -> {
          requireAll(stmt, all);
          races.barrier();
          countBlock(counter, count.blocks(), last, all.getFirst());
          races.barrier();
        };
      }
      case Effect.AllReduce reduce -> {
        Frame.Element read =
            frame.element(reduce.element().buffer(), reduce.element().indices(), false);
        Frame.Element write =
            frame.element(reduce.element().buffer(), reduce.element().indices(), true);
        yield all -> {
          requireAll(stmt, all);
          for (int first = 0; first < all.size(); first += reduce.width()) {
            combine(all.subList(first, first + reduce.width()), reduce, read, write);
          }
        };
      }
    };
  }

  private Frame.Element arrival(Load arrival) {
    return frame.element(arrival.buffer(), arrival.indices(), false);
  }

  /** What one thread does for its block. */
  private void countBlock(Frame.Element counter, int blocks, Frame.Element last, long[] variables) {
    Memory counters = counter.memory(variables);
    if (counters.buffer().scope() != Scope.COUNTER) {
      throw new LoopFault("blocks are counted in %s".formatted(counters.buffer()));
    }
    int position = counters.position(counter.indices(variables));
    if (position < 0) {
      throw new LoopFault("blocks are counted outside of %s".formatted(counters.buffer()));
    }
    long before = counters.integer(position);
    boolean isLast = before == blocks - 1;
    counters.setInteger(position, isLast ? 0 : before + 1);
    races.counted(counters, position, isLast);
    Memory flag = last.memory(variables);
    flag.setInteger(last.locate(flag, variables), isLast ? 1 : 0);
  }

  private static void combine(
      List<long[]> group, Effect.AllReduce reduce, Frame.Element read, Frame.Element write) {
    DType dtype = reduce.element().dtype();
    boolean real = dtype.isFloat();
    RealCombination reals = real ? RealCombination.of(reduce.op(), dtype) : null;
    IntegerOperation integers = real ? null : IntegerOperation.of(reduce.op(), dtype);
    double sum = 0;
    long whole = 0;
    for (int i = 0; i < group.size(); i++) {
      Memory memory = read.memory(group.get(i));
      int position = read.locate(memory, group.get(i));
      if (real) {
        double value = memory.real(position);
        sum = i == 0 ? value : reals.apply(sum, value);
      } else {
        long value = memory.integer(position);
        whole = i == 0 ? value : integers.apply(whole, value);
      }
    }
    for (long[] thread : group) {
      Memory memory = write.memory(thread);
      int position = write.locate(memory, thread);
      if (real) {
        memory.setReal(position, sum);
      } else {
        memory.setInteger(position, whole);
      }
    }
  }

  private void requireAll(Stmt stmt, List<long[]> present) {
    if (present.size() != threads) {
      throw new LoopFault(
          "only %d of %d threads come to: %s"
              .formatted(present.size(), threads, LoopPrinter.print(stmt).strip()));
    }
  }
}
