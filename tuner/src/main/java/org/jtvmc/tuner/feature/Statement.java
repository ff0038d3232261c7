package org.jtvmc.tuner.feature;

import java.util.List;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.Stmt;

/**
 * A store with the loops around it, outermost first, and what it does to memory. Equal only to
 * itself.
 */
public final class Statement {
  private final Stmt.Store store;
  private final Stmt nest;
  private final List<LoopNode> loops;
  private final List<Access> accesses;
  private final OperationCounts values;
  private final OperationCounts all;
  private final int allocationDepth;
  private final int guards;
  private final int blocksToCome;

  Statement(
      Stmt.Store store,
      Stmt nest,
      List<LoopNode> loops,
      List<Access> accesses,
      OperationCounts values,
      OperationCounts all,
      int allocationDepth,
      int guards,
      int blocksToCome) {
    this.store = store;
    this.nest = nest;
    this.loops = List.copyOf(loops);
    this.accesses = List.copyOf(accesses);
    this.values = values;
    this.all = all;
    this.allocationDepth = allocationDepth;
    this.guards = guards;
    this.blocksToCome = blocksToCome;
  }

  public Stmt.Store store() {
    return store;
  }

  /** The nest at the kernel's root that it is part of: on a GPU, a launch. */
  public Stmt nest() {
    return nest;
  }

  /** Outermost first. */
  public List<LoopNode> loops() {
    return loops;
  }

  /** One per buffer; the stored one is the first. */
  public List<Access> accesses() {
    return accesses;
  }

  /** The access that stores. */
  public Access target() {
    return accesses.getFirst();
  }

  /** Operations of the stored value and of all indices. */
  OperationCounts operations() {
    return all;
  }

  /**
   * The operations that the stored value takes on the way, without those of its indices and of
   * conditions that only say which iteration it is; a multiply-add is two.
   */
  public double flops() {
    return values.operations();
  }

  /** How often the stored value chooses between two. */
  public double selects() {
    return values.of(OperationCounts.Kind.SELECT) + values.masks();
  }

  /**
   * The operations that finding the places in memory takes, and the conditions that padding sets,
   * as the program is written.
   */
  public double indexOperations() {
    return all.operations() - values.operations();
  }

  /** The conditions around the statement. */
  public int guards() {
    return guards;
  }

  /** Of how many blocks of a GPU only the last to come carries it out: 1 where each does. */
  public int blocksToCome() {
    return blocksToCome;
  }

  /** The number of loops outside of the stored buffer's allocation; 0 for a parameter. */
  int allocationDepth() {
    return allocationDepth;
  }

  /** The product of the extents of loops {@code from} to {@code to - 1}. */
  public double iterations(int from, int to) {
    double product = 1;
    for (int k = from; k < to; k++) {
      product *= loops.get(k).extent();
    }
    return product;
  }

  public double iterations() {
    return iterations(0, loops.size());
  }

  /** True where loop {@code k} does not move the stored element: it accumulates into it. */
  public boolean isReduce(int k) {
    return !target().moves(k);
  }

  /** The product of the extents of the loops of one kind. */
  public double product(ForKind kind) {
    double product = 1;
    for (LoopNode loop : loops) {
      product *= loop.kind() == kind ? loop.extent() : 1;
    }
    return product;
  }

  @Override
  public String toString() {
    return loops + " " + store;
  }
}
