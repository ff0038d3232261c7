package org.jtvmc.ir.interpret;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;

/**
 * Runs loop IR, slowly and strictly: the reference for schedules and for code generation.
 *
 * <p>Every operation is rounded to its type. Iterations of parallel and vectorized loops run in a
 * random order. What compiled code would do silently is a {@link LoopFault}: an access outside a
 * buffer, a read of an element never written, two iterations of a parallel loop that touch one
 * element of which one writes it, an output that is not written wholly.
 *
 * <p>Loop nests that are bound to a GPU's threads run block by block: see {@link BlockInterpreter}.
 */
public final class LoopInterpreter {

  /** A compiled statement. */
  @FunctionalInterface
  interface Action {
    void run(long[] variables);
  }

  private final Frame frame = new Frame();
  private final SplittableRandom random;
  private final RaceDetector races = new RaceDetector();

  /** The parallel loop being run began with this iteration number; 0 outside of one. */
  private int firstIteration;

  private int iteration;
  private int iterations;

  private LoopInterpreter(long seed) {
    this.random = new SplittableRandom(seed);
    frame.watchedBy(this::parallelFault);
  }

  /**
   * Runs {@code func} on arrays.
   *
   * @param inputs one per input of the function
   * @param outputs one per output, written to
   * @throws LoopFault where the function does what it must not
   */
  public static void run(PrimFunc func, List<NDArray> inputs, List<NDArray> outputs) {
    run(func, inputs, outputs, Map.of(), 0);
  }

  /**
   * Runs {@code func} on arrays.
   *
   * @param sizes the values of the function's size variables
   * @param seed decides the order of iterations that may run in any
   * @throws LoopFault where the function does what it must not
   */
  public static void run(
      PrimFunc func,
      List<NDArray> inputs,
      List<NDArray> outputs,
      Map<PrimVar, Long> sizes,
      long seed) {
    new LoopInterpreter(seed).start(func, inputs, outputs, sizes);
  }

  private void start(
      PrimFunc func, List<NDArray> inputs, List<NDArray> outputs, Map<PrimVar, Long> sizes) {
    if (inputs.size() != func.inputs().size() || outputs.size() != func.outputs().size()) {
      throw new IllegalArgumentException(
          "%s takes %d inputs and %d outputs, not %d and %d"
              .formatted(
                  func.name(),
                  func.inputs().size(),
                  func.outputs().size(),
                  inputs.size(),
                  outputs.size()));
    }
    func.sizes().forEach(frame::declare);
    List<Memory> parameters = new ArrayList<>();
    List<Frame.Layout> layouts = new ArrayList<>();
    for (Buffer buffer : func.inputs()) {
      parameters.add(memory(buffer));
      layouts.add(frame.layout(buffer));
    }
    for (Buffer buffer : func.outputs()) {
      parameters.add(memory(buffer));
      layouts.add(frame.layout(buffer));
    }
    Action body = compile(func.body());
    long[] variables = frame.newVariables();
    func.sizes().forEach(size -> variables[frame.slot(size)] = sizes.get(size));
    for (int i = 0; i < parameters.size(); i++) {
      boolean input = i < inputs.size();
      NDArray array = input ? inputs.get(i) : outputs.get(i - inputs.size());
      Frame.Layout layout = layouts.get(i);
      parameters.get(i).bind(array, layout.shape(variables), layout.strides(variables), input);
    }
    body.run(variables);
    for (Memory parameter : parameters) {
      if (parameter.firstUnwritten() >= 0) {
        throw new LoopFault(
            "element %d of output %s%s is never written"
                .formatted(parameter.firstUnwritten(), parameter.buffer(), parameter.shapeText()));
      }
    }
  }

  private Memory memory(Buffer buffer) {
    Memory memory = new Memory(buffer);
    frame.place(buffer, _ -> memory);
    return memory;
  }

  private Action compile(Stmt stmt) {
    return switch (stmt) {
      case Stmt.Allocate(Buffer buffer, Stmt inner)
          when buffer.scope() == Scope.GLOBAL
              || buffer.scope() == Scope.COUNTER
              || !isForThreads(stmt) -> {
        Memory memory = memory(buffer);
        Frame.Layout layout = frame.layout(buffer);
        Action body = compile(inner);
        frame.forget(buffer);
        yield variables -> {
          memory.allocate(layout.shape(variables), layout.strides(variables));
          if (buffer.scope() == Scope.COUNTER) {
            memory.clear();
          }
          body.run(variables);
          requireCleared(memory);
        };
      }
      case Stmt.Seq(List<Stmt> statements) -> {
        Action[] actions = statements.stream().map(this::compile).toArray(Action[]::new);
        yield variables -> {
          for (Action action : actions) {
            action.run(variables);
          }
        };
      }
      case Stmt.For _, Stmt.Store _, Stmt.Allocate _, Stmt.If _, Stmt.Evaluate _
          when isForThreads(stmt) -> {
        Action launch = new BlockInterpreter(frame, random, races).launch(stmt);
        frame.watchedBy(this::parallelFault);
        yield launch;
      }
      case Stmt.For loop -> loop(loop);
      case Stmt.Store store -> store(store);
      case Stmt.If branch -> {
        IntegerCode condition = frame.scalars().integer(branch.condition());
        Action then = compile(branch.then());
        Action otherwise = compile(branch.otherwise().orElseGet(Stmt::nothing));
        yield variables -> {
          if (condition.at(variables) != 0) {
            then.run(variables);
          } else {
            otherwise.run(variables);
          }
        };
      }
      case Stmt.Allocate _, Stmt.Evaluate _ -> throw new IllegalStateException("for threads");
    };
  }

  private static void requireCleared(Memory memory) {
    boolean counts = memory.buffer().scope() == Scope.COUNTER;
    if (counts && !memory.isZero()) {
      throw new LoopFault(
          "counter %s is not zero at the end: not all blocks of a group came"
              .formatted(memory.buffer()));
    }
  }

  /** True where the statement makes sense on a GPU only. */
  private static boolean isForThreads(Stmt stmt) {
    boolean[] found = {false};
    Stmts.forEach(
        stmt,
        inner ->
            found[0] |=
                switch (inner) {
                  case Stmt.For loop -> loop.kind() == ForKind.THREAD;
                  case Stmt.Allocate allocate -> allocate.buffer().scope() == Scope.SHARED;
                  case Stmt.Evaluate _ -> true;
                  case Stmt.Store _, Stmt.If _, Stmt.Seq _ -> false;
                });
    return found[0];
  }

  private Action loop(Stmt.For loop) {
    IntegerCode min = frame.scalars().integer(loop.min());
    IntegerCode extent = frame.scalars().integer(loop.extent());
    int slot = frame.declare(loop.var());
    Action body = compile(loop.body());
    frame.endScope();
    boolean anyOrder = loop.kind() == ForKind.PARALLEL || loop.kind() == ForKind.VECTORIZED;
    if (!anyOrder) {
      return variables -> {
        long first = min.at(variables);
        long end = first + extent.at(variables);
        for (long i = first; i < end; i++) {
          variables[slot] = i;
          body.run(variables);
        }
      };
    }
    boolean parallel = loop.kind() == ForKind.PARALLEL;
    return variables -> {
      long first = min.at(variables);
      int[] order = order(random, Math.toIntExact(Math.max(0, extent.at(variables))));
      int outerFirst = firstIteration;
      int outer = iteration;
      boolean isTask = parallel && outerFirst == 0;
      if (isTask) {
        firstIteration = iterations + 1;
      }
      for (int offset : order) {
        if (isTask) {
          iteration = ++iterations;
        }
        variables[slot] = first + offset;
        body.run(variables);
      }
      firstIteration = outerFirst;
      iteration = outer;
    };
  }

  /** The numbers below {@code count} in any order. */
  static int[] order(SplittableRandom random, int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }

  private Action store(Stmt.Store store) {
    Frame.Element element = frame.element(store.buffer(), store.indices(), true);
    if (store.buffer().dtype().isFloat()) {
      RealCode value = frame.scalars().real(store.value());
      return variables -> {
        double result = value.at(variables);
        Memory memory = element.memory(variables);
        memory.setReal(element.locate(memory, variables), result);
      };
    }
    IntegerCode value = frame.scalars().integer(store.value());
    return variables -> {
      long result = value.at(variables);
      Memory memory = element.memory(variables);
      memory.setInteger(element.locate(memory, variables), result);
    };
  }

  private String parallelFault(Memory memory, int position, boolean write, long[] variables) {
    if (firstIteration > 0) {
      int writer = memory.writer(position);
      if (writer >= firstIteration && writer != iteration) {
        return "is written by another iteration of the parallel loop";
      }
      if (write) {
        memory.setWriter(position, iteration);
      }
    }
    return null;
  }
}
