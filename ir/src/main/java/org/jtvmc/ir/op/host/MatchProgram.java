package org.jtvmc.ir.op.host;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A regular expression as instructions that many ways through it follow side by side (Pike's
 * virtual machine).
 *
 * @param ranges bounds of ranges of letters, both included, that instructions refer to
 */
record MatchProgram(List<Instruction> instructions, List<Integer> ranges) {

  /** What an instruction does; the native runtime knows them by their order. */
  enum Kind {
    /** Takes a letter that is in ranges {@code first} (included) to {@code second} (excluded). */
    TAKE,
    /** Goes on at both places. */
    SPLIT,
    /** Goes on behind, if this is the begin of the text. */
    BEGIN,
    /** Goes on behind, if this is the end of the text. */
    END,
    /** Goes on behind, if there is a word on one side and none on the other. */
    WORD_EDGE,
    /** Goes on behind, if not. */
    NO_WORD_EDGE,
    /** Is done, if the text is. */
    DONE
  }

  /** One of them. */
  record Instruction(Kind kind, int first, int second) {}

  MatchProgram {
    instructions = List.copyOf(instructions);
    ranges = List.copyOf(ranges);
  }

  boolean matches(String text) {
    int[] letters = text.codePoints().toArray();
    Set<Integer> ways = follow(Set.of(0), letters, 0);
    for (int at = 0; at < letters.length && !ways.isEmpty(); at++) {
      Set<Integer> next = new TreeSet<>();
      for (int way : ways) {
        Instruction instruction = instructions.get(way);
        if (instruction.kind == Kind.TAKE && takes(instruction, letters[at])) {
          next.add(way + 1);
        }
      }
      ways = follow(next, letters, at + 1);
    }
    return ways.stream().anyMatch(way -> instructions.get(way).kind == Kind.DONE);
  }

  private boolean takes(Instruction instruction, int letter) {
    for (int range = instruction.first; range < instruction.second; range++) {
      if (letter >= ranges.get(2 * range) && letter <= ranges.get(2 * range + 1)) {
        return true;
      }
    }
    return false;
  }

  /** The instructions that wait for a letter or are done, from these on, without taking any. */
  private Set<Integer> follow(Set<Integer> from, int[] letters, int at) {
    Set<Integer> seen = new TreeSet<>();
    Deque<Integer> pending = new ArrayDeque<>(from);
    while (!pending.isEmpty()) {
      int way = pending.pop();
      if (seen.add(way)) {
        Instruction instruction = instructions.get(way);
        switch (instruction.kind) {
          case TAKE, DONE -> {
            // It waits.
          }
          case SPLIT -> {
            pending.push(instruction.first);
            pending.push(instruction.second);
          }
          case BEGIN -> push(at == 0, way, pending);
          case END -> push(at == letters.length, way, pending);
          case WORD_EDGE -> push(isEdge(letters, at), way, pending);
          case NO_WORD_EDGE -> push(!isEdge(letters, at), way, pending);
        }
      }
    }
    return seen;
  }

  private static void push(boolean holds, int way, Deque<Integer> pending) {
    if (holds) {
      pending.push(way + 1);
    }
  }

  private static boolean isEdge(int[] letters, int at) {
    return (at > 0 && isWord(letters[at - 1])) != (at < letters.length && isWord(letters[at]));
  }

  private static boolean isWord(int letter) {
    return letter == '_'
        || (letter >= '0' && letter <= '9')
        || (letter >= 'A' && letter <= 'Z')
        || (letter >= 'a' && letter <= 'z');
  }
}
