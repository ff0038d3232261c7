package org.jtvmc.ir.interpret;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;

/**
 * What a function's code refers to while it is compiled: the positions of variables and the
 * memories of buffers. Position 0 of the variables is the number of the GPU thread that runs.
 */
final class Frame {
  private static final int THREAD = 0;

  /** Where a buffer's elements are for whoever runs with {@code variables}. */
  @FunctionalInterface
  interface Place {
    Memory at(long[] variables);
  }

  /** Decides whether an access that is within bounds is in order, and notes it. */
  @FunctionalInterface
  interface Watch {
    /** The fault, as the rest of a sentence; null for none. */
    String fault(Memory memory, int position, boolean write, long[] variables);
  }

  private final Map<PrimVar, Integer> slots = new HashMap<>();
  private final Map<Buffer, Place> places = new HashMap<>();
  private final List<PrimVar> scope = new ArrayList<>();
  private final ScalarCompiler scalars = new ScalarCompiler(this::slot, new LoadAccess());
  private Watch watch;

  Frame() {
    slots.put(PrimVar.index("thread"), THREAD);
  }

  ScalarCompiler scalars() {
    return scalars;
  }

  /** The code compiled from now on has its accesses watched by {@code other}. */
  void watchedBy(Watch other) {
    watch = other;
  }

  long[] newVariables() {
    return new long[slots.size()];
  }

  static int thread(long[] variables) {
    return (int) variables[THREAD];
  }

  static void setThread(long[] variables, int thread) {
    variables[THREAD] = thread;
  }

  /** Brings a variable into scope; its position. */
  int declare(PrimVar variable) {
    scope.add(variable);
    return slots.computeIfAbsent(variable, _ -> slots.size());
  }

  /** Ends the scope of the variable declared last. */
  void endScope() {
    scope.removeLast();
  }

  int slot(PrimVar variable) {
    Integer slot = slots.get(variable);
    if (slot == null || !scope.contains(variable)) {
      throw new LoopFault("variable '%s' is used outside of its loop".formatted(variable));
    }
    return slot;
  }

  void place(Buffer buffer, Place place) {
    places.put(buffer, place);
  }

  void forget(Buffer buffer) {
    places.remove(buffer);
  }

  Place placeOf(Buffer buffer) {
    Place place = places.get(buffer);
    if (place == null) {
      throw new LoopFault("buffer %s is used outside of its allocation".formatted(buffer));
    }
    return place;
  }

  /** A buffer's sizes, which may depend on variables. */
  record Layout(List<IntegerCode> sizes, List<IntegerCode> steps) {
    long[] shape(long[] variables) {
      return sizes.stream().mapToLong(code -> code.at(variables)).toArray();
    }

    long[] strides(long[] variables) {
      return steps.stream().mapToLong(code -> code.at(variables)).toArray();
    }
  }

  Layout layout(Buffer buffer) {
    return new Layout(
        buffer.shape().stream().map(scalars::integer).toList(),
        buffer.strides().stream().map(scalars::integer).toList());
  }

  /** Code that finds the element {@code buffer[indices]} and checks that it may be accessed. */
  Element element(Buffer buffer, List<PrimExpr> indices, boolean write) {
    return new Element(
        placeOf(buffer),
        indices.stream().map(scalars::integer).toArray(IntegerCode[]::new),
        write,
        watch,
        scope.stream().map(PrimVar::name).toArray(String[]::new),
        scope.stream().mapToInt(slots::get).toArray());
  }

  /** An access, compiled. */
  static final class Element {
    private final Place place;
    private final IntegerCode[] indices;
    private final boolean write;
    private final Watch watch;
    private final String[] names;
    private final int[] visible;

    Element(
        Place place,
        IntegerCode[] indices,
        boolean write,
        Watch watch,
        String[] names,
        int[] visible) {
      this.place = place;
      this.indices = indices;
      this.write = write;
      this.watch = watch;
      this.names = names;
      this.visible = visible;
    }

    Memory memory(long[] variables) {
      return place.at(variables);
    }

    /**
     * The position of the element.
     *
     * @throws LoopFault where the access is not in order
     */
    int locate(Memory memory, long[] variables) {
      return locate(memory, indices(variables), variables);
    }

    /** Where the access is. */
    long[] indices(long[] variables) {
      long[] at = new long[indices.length];
      for (int i = 0; i < at.length; i++) {
        at[i] = indices[i].at(variables);
      }
      return at;
    }

    /** As {@link #locate(Memory, long[])}, of an access at another place. */
    int locate(Memory memory, long[] at, long[] variables) {
      int position = memory.position(at);
      String fault = null;
      if (position < 0) {
        fault = "is outside of the buffer's " + memory.shapeText();
      } else if (!write && !memory.isWritten(position)) {
        fault = "was never written";
      } else if (memory.isUnderWay(position)) {
        fault = "is being copied: its thread has not waited for it";
      } else {
        fault = watch.fault(memory, position, write, variables);
      }
      if (fault != null) {
        throw new LoopFault(message(memory, at, fault, variables));
      }
      return position;
    }

    private String message(Memory memory, long[] at, String fault, long[] variables) {
      List<String> values = new ArrayList<>();
      for (int i = 0; i < names.length; i++) {
        values.add(names[i] + " = " + variables[visible[i]]);
      }
      return "%s of %s%s, which %s (%s)"
          .formatted(
              write ? "write" : "read",
              memory.buffer(),
              Arrays.toString(at),
              fault,
              String.join(", ", values));
    }
  }

  /** Compiles loads from buffers. */
  private final class LoadAccess implements ElementAccess {

    @Override
    public RealCode real(PrimExpr access, ScalarCompiler compiler) {
      Element element = element(access);
      return v -> {
        Memory memory = element.memory(v);
        return memory.real(element.locate(memory, v));
      };
    }

    @Override
    public IntegerCode integer(PrimExpr access, ScalarCompiler compiler) {
      Element element = element(access);
      return v -> {
        Memory memory = element.memory(v);
        return memory.integer(element.locate(memory, v));
      };
    }

    private Element element(PrimExpr access) {
      if (access instanceof Load load) {
        return Frame.this.element(load.buffer(), load.indices(), false);
      }
      throw new LoopFault("not expected in loop IR: " + access);
    }
  }
}
