package org.jtvmc.schedule.lower;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jtvmc.ir.expr.PrimVar;
import org.jtvmc.schedule.Attachment;
import org.jtvmc.schedule.ScheduleException;

/** Which loops run inside which, across the nests of all stages. */
final class NestOrder {
  private final Map<String, StageNest> nests;

  /**
   * @param nests by their stages' names; they may be added later, before they are asked about
   */
  NestOrder(Map<String, StageNest> nests) {
    this.nests = nests;
  }

  /** True where all of {@code nest}'s body is inside the loop of {@code host} at a position. */
  boolean isInside(StageNest nest, StageNest host, int position) {
    if (nest == host) {
      return true;
    }
    StageNest current = nest;
    while (current != null && current.host().isPresent()) {
      Attachment.At at = current.host().get();
      if (at.stage().equals(host.stage.id())) {
        return host.position(at.axis()) >= position;
      }
      current = nests.get(at.stage());
    }
    return false;
  }

  /** The variables of the loops around and including that of {@code nest} at {@code position}. */
  Map<PrimVar, Integer> enclosing(StageNest nest, int position) {
    Map<PrimVar, Integer> all =
        nest.host()
            .map(at -> enclosing(nests.get(at.stage()), nests.get(at.stage()).position(at.axis())))
            .orElseGet(LinkedHashMap::new);
    for (int i = 0; i <= position; i++) {
      PrimVar variable = nest.leaves.get(i).var();
      if (variable != null) {
        all.put(variable, all.size());
      }
    }
    return all;
  }

  /** The variables of those loops that the threads of one block carry out. */
  Set<PrimVar> threads(StageNest nest, int position) {
    Set<PrimVar> all =
        nest.host()
            .map(at -> threads(nests.get(at.stage()), nests.get(at.stage()).position(at.axis())))
            .orElseGet(HashSet::new);
    for (StageNest.Leaf leaf : nest.leaves.subList(0, position + 1)) {
      if (leaf.var() != null && leaf.tag().map(tag -> !tag.isBlock()).orElse(false)) {
        all.add(leaf.var());
      }
    }
    return all;
  }

  /** The loops whose iterations a copy made at {@code at} covers, with their nesting depths. */
  Map<PrimVar, Integer> depths(StageNest reader, Optional<Attachment.At> at) {
    Map<PrimVar, Integer> all = enclosing(reader, reader.leaves.size() - 1);
    at.ifPresent(
        loop -> {
          StageNest host = nests.get(loop.stage());
          int position = host == null ? -1 : host.position(loop.axis());
          if (position < 0 || !isInside(reader, host, position)) {
            throw new ScheduleException(
                "an operand of stage '%s' is packed at loop '%s' of '%s', which is not around it"
                    .formatted(reader.stage.id(), loop.axis(), loop.stage()),
                reader.stage);
          }
          enclosing(host, position).keySet().forEach(all::remove);
        });
    return all;
  }
}
