package org.jtvmc.ir.interpret;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jtvmc.ir.data.NDArray;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Stmt;

/**
 * Runs loop IR, slowly and strictly: the reference for schedules and for code generation.
 *
 * <p>Every operation is rounded to its type. Iterations of parallel and vectorized loops run in a
 * random order. What compiled code would do silently is a {@link LoopFault}: an access outside a
 * buffer, a read of an element never written, two iterations of a parallel loop that touch one
 * element of which one writes it, an output that is not written wholly.
 */
public final class LoopInterpreter {

  /** A compiled statement. */
  @FunctionalInterface
  private interface Action {
    void run(long[] variables);
  }

  private final Map<PrimVar, Integer> slots = new HashMap<>();
  private final Map<Buffer, Memory> memories = new HashMap<>();
  private final List<PrimVar> scope = new ArrayList<>();
  private final ScalarCompiler scalars;
  private final SplittableRandom random;

  /** The parallel loop being run began with this iteration number; 0 outside of one. */
  private int firstIteration;

  private int iteration;
  private int iterations;

  private LoopInterpreter(long seed) {
    this.random = new SplittableRandom(seed);
    this.scalars = new ScalarCompiler(this::slot, new LoadAccess());
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
    func.sizes().forEach(this::declare);
    List<Memory> parameters = new ArrayList<>();
    List<Layout> layouts = new ArrayList<>();
    for (Buffer buffer : func.inputs()) {
      parameters.add(memory(buffer));
      layouts.add(layout(buffer));
    }
    for (Buffer buffer : func.outputs()) {
      parameters.add(memory(buffer));
      layouts.add(layout(buffer));
    }
    Action body = compile(func.body());
    long[] variables = new long[slots.size()];
    func.sizes().forEach(size -> variables[slots.get(size)] = sizes.get(size));
    for (int i = 0; i < parameters.size(); i++) {
      boolean input = i < inputs.size();
      NDArray array = input ? inputs.get(i) : outputs.get(i - inputs.size());
      Layout layout = layouts.get(i);
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
    memories.put(buffer, memory);
    return memory;
  }

  private int slot(PrimVar variable) {
    Integer slot = slots.get(variable);
    if (slot == null || !scope.contains(variable)) {
      throw new LoopFault("variable '%s' is used outside of its loop".formatted(variable));
    }
    return slot;
  }

  private int declare(PrimVar variable) {
    scope.add(variable);
    return slots.computeIfAbsent(variable, _ -> slots.size());
  }

  /** A buffer's sizes, which may depend on variables. */
  private record Layout(List<IntegerCode> sizes, List<IntegerCode> steps) {
    long[] shape(long[] variables) {
      return sizes.stream().mapToLong(code -> code.at(variables)).toArray();
    }

    long[] strides(long[] variables) {
      return steps.stream().mapToLong(code -> code.at(variables)).toArray();
    }
  }

  private Layout layout(Buffer buffer) {
    return new Layout(
        buffer.shape().stream().map(scalars::integer).toList(),
        buffer.strides().stream().map(scalars::integer).toList());
  }

  private Action compile(Stmt stmt) {
    return switch (stmt) {
      case Stmt.For loop -> loop(loop);
      case Stmt.Store store -> store(store);
      case Stmt.Allocate allocate -> {
        Memory memory = memory(allocate.buffer());
        Layout layout = layout(allocate.buffer());
        Action body = compile(allocate.body());
        memories.remove(allocate.buffer());
        yield variables -> {
          memory.allocate(layout.shape(variables), layout.strides(variables));
          body.run(variables);
        };
      }
      case Stmt.If branch -> {
        IntegerCode condition = scalars.integer(branch.condition());
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
      case Stmt.Seq(List<Stmt> statements) -> {
        Action[] actions = statements.stream().map(this::compile).toArray(Action[]::new);
        yield variables -> {
          for (Action action : actions) {
            action.run(variables);
          }
        };
      }
      case Stmt.Evaluate evaluate ->
          throw new LoopFault(
              "a %s has no meaning outside of a GPU"
                  .formatted(evaluate.effect().getClass().getSimpleName()));
    };
  }

  private Action loop(Stmt.For loop) {
    IntegerCode min = scalars.integer(loop.min());
    IntegerCode extent = scalars.integer(loop.extent());
    int slot = declare(loop.var());
    Action body = compile(loop.body());
    scope.removeLast();
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
      int[] order = order(Math.toIntExact(Math.max(0, extent.at(variables))));
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

  private int[] order(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }

  private Action store(Stmt.Store store) {
    Memory memory = memories.get(store.buffer());
    if (memory == null) {
      throw new LoopFault("buffer %s is used outside of its allocation".formatted(store.buffer()));
    }
    IntegerCode[] indices = codes(store.indices());
    String[] names = scopeNames();
    int[] visible = scopeSlots();
    if (memory.dtype().isFloat()) {
      RealCode value = scalars.real(store.value());
      return variables -> {
        double result = value.at(variables);
        int position = locate(memory, indices, variables, true, names, visible);
        memory.setReal(position, result);
      };
    }
    IntegerCode value = scalars.integer(store.value());
    return variables -> {
      long result = value.at(variables);
      int position = locate(memory, indices, variables, true, names, visible);
      memory.setInteger(position, result);
    };
  }

  private IntegerCode[] codes(List<PrimExpr> exprs) {
    return exprs.stream().map(scalars::integer).toArray(IntegerCode[]::new);
  }

  private String[] scopeNames() {
    return scope.stream().map(PrimVar::name).toArray(String[]::new);
  }

  private int[] scopeSlots() {
    return scope.stream().mapToInt(slots::get).toArray();
  }

  /** The position of an element, once the access is found to be in order. */
  private int locate(
      Memory memory,
      IntegerCode[] indices,
      long[] variables,
      boolean write,
      String[] names,
      int[] visible) {
    long[] at = new long[indices.length];
    for (int i = 0; i < at.length; i++) {
      at[i] = indices[i].at(variables);
    }
    int position = memory.position(at);
    String fault = null;
    if (position < 0) {
      fault = "is outside of the buffer's " + memory.shapeText();
    } else if (!write && !memory.isWritten(position)) {
      fault = "was never written";
    } else if (firstIteration > 0) {
      int writer = memory.writer(position);
      if (writer >= firstIteration && writer != iteration) {
        fault = "is written by another iteration of the parallel loop";
      } else if (write) {
        memory.setWriter(position, iteration);
      }
    }
    if (fault != null) {
      List<String> values = new ArrayList<>();
      for (int i = 0; i < names.length; i++) {
        values.add(names[i] + " = " + variables[visible[i]]);
      }
      throw new LoopFault(
          "%s of %s%s, which %s (%s)"
              .formatted(
                  write ? "write" : "read",
                  memory.buffer(),
                  Arrays.toString(at),
                  fault,
                  String.join(", ", values)));
    }
    return position;
  }

  /** Compiles loads from buffers. */
  private final class LoadAccess implements ElementAccess {

    @Override
    public RealCode real(PrimExpr access, ScalarCompiler compiler) {
      Load load = load(access);
      Memory memory = memories.get(load.buffer());
      IntegerCode[] indices = codes(load.indices());
      String[] names = scopeNames();
      int[] visible = scopeSlots();
      return v -> memory.real(locate(memory, indices, v, false, names, visible));
    }

    @Override
    public IntegerCode integer(PrimExpr access, ScalarCompiler compiler) {
      Load load = load(access);
      Memory memory = memories.get(load.buffer());
      IntegerCode[] indices = codes(load.indices());
      String[] names = scopeNames();
      int[] visible = scopeSlots();
      return v -> memory.integer(locate(memory, indices, v, false, names, visible));
    }

    private Load load(PrimExpr access) {
      if (access instanceof Load load) {
        if (!memories.containsKey(load.buffer())) {
          throw new LoopFault(
              "buffer %s is used outside of its allocation".formatted(load.buffer()));
        }
        return load;
      }
      throw new LoopFault("not expected in loop IR: " + access);
    }
  }
}
