package org.jtvmc.codegen.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jtvmc.codegen.cuda.Launch.Argument;
import org.jtvmc.codegen.emit.DeviceEntry;
import org.jtvmc.codegen.emit.TileMap;
import org.jtvmc.ir.expr.Load;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.Effect;
import org.jtvmc.ir.loop.PrimFunc;
import org.jtvmc.ir.loop.Scope;
import org.jtvmc.ir.loop.Stmt;
import org.jtvmc.ir.loop.Stmts;
import org.jtvmc.ir.loop.ThreadTag;

/**
 * A function's loop nests as launches: each nest at the root is one, since only the end of a launch
 * makes what all blocks wrote visible to all. What passes between nests goes to the workspace, in
 * which buffers that are not needed at once share memory. Counters of blocks have memory of their
 * own, which all launches leave as it was, so that they share it.
 */
final class LaunchPlan {
  private static final long WORKSPACE_ALIGNMENT = 256;

  private final PrimFunc function;
  private final List<DeviceEntry> entries = new ArrayList<>();
  private final Map<Buffer, Long> offsets = new HashMap<>();
  private long workspaceBytes;
  private long counterBytes;

  /** Plans a function on which the passes have run. */
  LaunchPlan(PrimFunc function) {
    this.function = function;
    List<Buffer> temporaries = new ArrayList<>();
    List<Stmt> nests = new ArrayList<>();
    collect(function.body(), temporaries, nests);
    for (Buffer buffer : temporaries) {
      if (buffer.scope() == Scope.COUNTER) {
        offsets.put(buffer, 0L);
        counterBytes = Math.max(counterBytes, DeviceBuffers.bytes(buffer, WORKSPACE_ALIGNMENT));
      }
    }
    temporaries.removeAll(offsets.keySet());
    for (Stmt nest : nests) {
      String suffix = nests.size() == 1 ? "" : "_" + entries.size();
      entries.add(entry(function.name() + suffix, nest));
    }
    place(temporaries);
  }

  private static void collect(Stmt stmt, List<Buffer> temporaries, List<Stmt> nests) {
    switch (stmt) {
      case Stmt.Allocate(Buffer buffer, Stmt body) when isGlobal(buffer) -> {
        temporaries.add(buffer);
        collect(body, temporaries, nests);
      }
      case Stmt.Seq(List<Stmt> statements) ->
          statements.forEach(statement -> collect(statement, temporaries, nests));
      case Stmt.For _, Stmt.Store _, Stmt.Allocate _, Stmt.If _, Stmt.Evaluate _ -> nests.add(stmt);
    }
  }

  private static boolean isGlobal(Buffer buffer) {
    return buffer.scope() == Scope.GLOBAL || buffer.scope() == Scope.COUNTER;
  }

  private static DeviceEntry entry(String name, Stmt nest) {
    Set<Buffer> used = new LinkedHashSet<>();
    Set<Buffer> written = new LinkedHashSet<>();
    Stmts.forEachExpr(
        nest,
        expr -> {
          if (expr instanceof Load load && isGlobal(load.buffer())) {
            used.add(load.buffer());
          }
        });
    Stmts.forEach(
        nest,
        stmt -> {
          if (stmt instanceof Stmt.Store store && store.buffer().scope() == Scope.GLOBAL) {
            written.add(store.buffer());
          }
          if (stmt instanceof Stmt.Evaluate(Effect.CountBlock count)) {
            written.add(count.counter().buffer());
          }
        });
    used.addAll(written);
    Map<ThreadTag, Integer> extents = DeviceEntry.extents(nest);
    return new DeviceEntry(name, List.copyOf(used), written, TileMap.in(nest), extents, nest);
  }

  /** First fit, in the order of the program. */
  private void place(List<Buffer> temporaries) {
    record Placed(long begin, long end, int first, int last) {}
    List<Placed> placed = new ArrayList<>();
    for (Buffer buffer : temporaries) {
      int first = entries.size();
      int last = 0;
      for (int i = 0; i < entries.size(); i++) {
        if (entries.get(i).parameters().contains(buffer)) {
          first = Math.min(first, i);
          last = i;
        }
      }
      long bytes = DeviceBuffers.bytes(buffer, WORKSPACE_ALIGNMENT);
      long begin = 0;
      boolean moved = true;
      while (moved) {
        moved = false;
        for (Placed other : placed) {
          boolean together = other.first <= last && first <= other.last;
          if (together && begin < other.end && other.begin < begin + bytes) {
            begin = other.end;
            moved = true;
          }
        }
      }
      placed.add(new Placed(begin, begin + bytes, first, last));
      offsets.put(buffer, begin);
      workspaceBytes = Math.max(workspaceBytes, begin + bytes);
    }
  }

  List<DeviceEntry> entries() {
    return entries;
  }

  long workspaceBytes() {
    return workspaceBytes;
  }

  long counterBytes() {
    return counterBytes;
  }

  /** What the launch of {@code entry} passes. */
  List<Argument> arguments(DeviceEntry entry) {
    List<Argument> arguments = new ArrayList<>();
    for (Buffer buffer : entry.parameters()) {
      arguments.add(data(buffer));
    }
    for (TileMap map : entry.maps()) {
      arguments.add(new Argument.Map(data(map.source()), map.box()));
    }
    return arguments;
  }

  private Argument.Data data(Buffer buffer) {
    int input = function.inputs().indexOf(buffer);
    int output = function.outputs().indexOf(buffer);
    if (input >= 0) {
      return new Argument.Input(input);
    }
    if (buffer.scope() == Scope.COUNTER) {
      return new Argument.Counters(offsets.get(buffer));
    }
    return output >= 0 ? new Argument.Output(output) : new Argument.Workspace(offsets.get(buffer));
  }
}
