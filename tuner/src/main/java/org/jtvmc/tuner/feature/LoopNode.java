package org.jtvmc.tuner.feature;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.ir.loop.Buffer;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.ThreadTag;

/** A loop with what one iteration of it touches. Equal only to itself. */
public final class LoopNode {
  private final PrimVar var;
  private final double extent;
  private final ForKind kind;
  private final Optional<ThreadTag> tag;
  private final Map<Buffer, Use> touched = new IdentityHashMap<>();
  private double statements;

  /** The bytes of one buffer that an iteration touches, and by how many statements. */
  private static final class Use {
    private double bytes;
    private int statements;
  }

  LoopNode(PrimVar var, double extent, ForKind kind, Optional<ThreadTag> tag) {
    this.var = var;
    this.extent = extent;
    this.kind = kind;
    this.tag = tag;
  }

  public PrimVar var() {
    return var;
  }

  /** The number of iterations; an estimate where it varies between runs of the loop. */
  public double extent() {
    return extent;
  }

  public ForKind kind() {
    return kind;
  }

  public Optional<ThreadTag> tag() {
    return tag;
  }

  /** Notes that a statement below touches {@code bytes} of {@code buffer} in one iteration. */
  void touch(Buffer buffer, double bytes) {
    Use use = touched.computeIfAbsent(buffer, _ -> new Use());
    use.bytes = Math.max(use.bytes, bytes);
    use.statements++;
  }

  /** Notes {@code copies} of a statement in the code of one iteration, after unrolling. */
  void addStatements(double copies) {
    statements += copies;
  }

  /** The distinct bytes of all buffers that one iteration touches. */
  public double bodyBytes() {
    double total = 0;
    for (Use use : touched.values()) {
      total += use.bytes;
    }
    return total;
  }

  /** How many statements below this loop touch {@code buffer}. */
  public int users(Buffer buffer) {
    Use use = touched.get(buffer);
    return use == null ? 0 : use.statements;
  }

  /** The statements in the code of one iteration, after unrolling. */
  public double bodyStatements() {
    return statements;
  }

  @Override
  public String toString() {
    return var + ":" + (long) extent;
  }
}
