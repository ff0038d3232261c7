package org.jtvmc.schedule;

import java.util.Locale;
import java.util.Optional;
import org.jtvmc.ir.expr.PrimExpr;
import org.jtvmc.ir.expr.Sizes;
import org.jtvmc.ir.loop.ForKind;
import org.jtvmc.ir.loop.ThreadTag;

/**
 * One loop of a stage, or an axis that has been split or fused into loops.
 *
 * @param id unique within the stage and never reused: the axis's name, {@code i0.1} for the second
 *     part of a split, {@code i0+i1} for a fused axis
 * @param size the number of iterations where the whole tensor is computed; a stage that is computed
 *     at a loop of its consumer runs over what that loop's body needs, which is less
 * @param forKind how the iterations are carried out
 * @param tag present exactly where {@code forKind} is {@link ForKind#THREAD}
 * @param intrinsic the instruction that does the work of this loop and those inside it, if one does
 */
public record IterVar(
    String id,
    Kind kind,
    PrimExpr size,
    ForKind forKind,
    Optional<ThreadTag> tag,
    Optional<String> intrinsic) {

  /** Whether the axis indexes the output or is summed over. */
  public enum Kind {
    SPATIAL,
    REDUCE
  }

  /** A serial loop. */
  public static IterVar of(String id, Kind kind, PrimExpr size) {
    return new IterVar(id, kind, size, ForKind.SERIAL, Optional.empty(), Optional.empty());
  }

  /** The size, the usual one where it is known only at run time. */
  public long extent() {
    return Sizes.usual(size);
  }

  public boolean isReduce() {
    return kind == Kind.REDUCE;
  }

  public boolean isAnnotated() {
    return forKind != ForKind.SERIAL || intrinsic.isPresent();
  }

  public IterVar withForKind(ForKind other) {
    return new IterVar(id, kind, size, other, Optional.empty(), intrinsic);
  }

  /** Bound to a GPU's blocks or threads. */
  public IterVar boundTo(ThreadTag thread) {
    return new IterVar(id, kind, size, ForKind.THREAD, Optional.of(thread), intrinsic);
  }

  /** Done by the named intrinsic. */
  public IterVar tensorizedBy(String name) {
    return new IterVar(id, kind, size, forKind, tag, Optional.of(name));
  }

  @Override
  public String toString() {
    String how =
        tag.map(ThreadTag::symbol).orElseGet(() -> forKind.name().toLowerCase(Locale.ROOT));
    return (isReduce() ? "reduce " : "")
        + how
        + " for "
        + id
        + " in 0.."
        + size
        + intrinsic.map(name -> " by " + name).orElse("");
  }
}
