package org.jtvmc.ir.interpret;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The elements of one block's memory that say which tiles have arrived. A tile may not be touched
 * until a thread has waited for it; that thread has written it from then on, so that others need a
 * barrier after its waiting.
 */
final class TileArrivals {
  private record Element(Memory memory, int position) {}

  private static final class Arrival {
    private long phase;
    private boolean told;
    private long expected;
    private long started;
    private final List<Element> underWay = new ArrayList<>();
  }

  private final RaceDetector races;
  private final Map<Memory, Map<Long, Arrival>> arrivals = new IdentityHashMap<>();

  TileArrivals(RaceDetector races) {
    this.races = races;
  }

  void beginBlock() {
    arrivals.clear();
  }

  private Map<Long, Arrival> of(Frame.Element element, long[] variables) {
    return arrivals.computeIfAbsent(element.memory(variables), _ -> new HashMap<>());
  }

  private static long number(Frame.Element element, long[] variables) {
    return element.indices(variables)[0];
  }

  private Arrival find(Frame.Element element, long[] variables) {
    long number = number(element, variables);
    Arrival found = of(element, variables).get(number);
    if (found == null) {
      throw new LoopFault(
          "%s[%d] says nothing of tiles: it was not opened"
              .formatted(element.memory(variables).buffer(), number));
    }
    return found;
  }

  void open(Frame.Element first, int count, long[] variables) {
    long begin = number(first, variables);
    for (long number = begin; number < begin + count; number++) {
      if (first.memory(variables).position(new long[] {number}) < 0) {
        throw new LoopFault(
            "%s[%d] is opened outside of the buffer"
                .formatted(first.memory(variables).buffer(), number));
      }
      if (of(first, variables).putIfAbsent(number, new Arrival()) != null) {
        throw new LoopFault(
            "%s[%d] is opened twice".formatted(first.memory(variables).buffer(), number));
      }
    }
  }

  void close(Frame.Element first, int count, long[] variables) {
    long begin = number(first, variables);
    for (long number = begin; number < begin + count; number++) {
      Arrival closed = of(first, variables).remove(number);
      if (closed == null || closed.told || closed.started > 0) {
        throw new LoopFault(
            "%s[%d] is closed while tiles are under way"
                .formatted(first.memory(variables).buffer(), number));
      }
    }
  }

  void expect(Frame.Element element, long bytes, long[] variables) {
    Arrival arrival = find(element, variables);
    if (arrival.told) {
      throw new LoopFault("a phase is told twice what it brings");
    }
    arrival.told = true;
    arrival.expected = bytes;
  }

  void start(Frame.Element element, TileCopy copy, long[] variables) {
    Arrival arrival = find(element, variables);
    copy.run(
        variables,
        (memory, position) -> {
          memory.setUnderWay(position, true);
          arrival.underWay.add(new Element(memory, position));
        });
    arrival.started += copy.bytes();
  }

  void await(Frame.Element element, long parity, long[] variables) {
    Arrival arrival = find(element, variables);
    if (arrival.phase % 2 != parity) {
      return;
    }
    if (!arrival.told || arrival.started != arrival.expected) {
      throw new LoopFault(
          "a thread waits for ever at %s%s: %d bytes are expected there, and %d are under way"
              .formatted(
                  element.memory(variables).buffer(),
                  Arrays.toString(element.indices(variables)),
                  arrival.expected,
                  arrival.started));
    }
    for (Element arrived : arrival.underWay) {
      arrived.memory.setUnderWay(arrived.position, false);
      races.written(arrived.memory, arrived.position, variables);
    }
    arrival.underWay.clear();
    arrival.phase++;
    arrival.told = false;
    arrival.expected = arrival.started = 0;
  }

  /** A block must not end before its tiles have arrived. */
  void endBlock() {
    arrivals.values().stream()
        .flatMap(all -> all.values().stream())
        .flatMap(arrival -> arrival.underWay.stream())
        .findFirst()
        .ifPresent(
            element -> {
              throw new LoopFault(
                  "a block ends while a tile of %s is under way"
                      .formatted(element.memory.buffer()));
            });
  }
}
